import { flag, int, type OptionsOf, parseOptions } from '@capfkit/codec/options'

const port = (what: { default: number; doc: string }) => int({ ...what, min: 1, max: 65_535, unit: 'TCP port' })
const timeout = (what: { default: number; doc: string }) => int({ ...what, min: 1, max: 600_000, unit: 'ms' })

/** The only place where a default of a boot is written. */
export const BOOT_OPTIONS = {
  httpPort: port({ default: 6970, doc: 'Where files are asked for by HTTP.' }),
  httpsPort: port({ default: 6971, doc: 'Where files are asked for by HTTPS, once a trust list tells of it.' }),
  tftpPort: int({ default: 69, min: 1, max: 65_535, unit: 'UDP port', doc: 'Where files are asked for by TFTP, when HTTP fails.' }),
  capfPort: port({ default: 3804, doc: 'Port of CAPF servers that stand in a trust list, which has no ports.' }),
  fileConnectTimeoutMs: timeout({
    default: 5_000,
    doc: 'How long TCP, and TLS for HTTPS, may take to connect to the file server.',
  }),
  fileTimeoutMs: timeout({ default: 30_000, doc: 'How long one file may take by one transport, from the connection on.' }),
  maxFileBytes: int({
    default: 4_194_304,
    min: 512,
    max: 268_435_456,
    unit: 'bytes',
    doc: 'A longer file is given up. Trust lists end at 64 KB and configurations at 256 KB, whatever stands here.',
  }),
  tftpBlockBytes: int({
    default: 1_428,
    min: 512,
    max: 65_464,
    unit: 'bytes',
    doc: 'Bytes of a TFTP block to ask for (RFC 2348). 512 asks for nothing.',
  }),
  tftpTimeoutMs: int({
    default: 1_000,
    min: 10,
    max: 255_000,
    unit: 'ms',
    doc: 'How long to wait for a TFTP packet before asking again.',
  }),
  tftpTries: int({
    default: 5,
    min: 1,
    max: 100,
    unit: 'times',
    doc: 'How often a TFTP packet is sent before the file is given up.',
  }),
  tvsTimeoutMs: timeout({ default: 5_000, doc: 'How long one TVS may take, connecting included, before the next one is asked.' }),
  furtherFiles: flag({
    default: true,
    doc: 'Ask for the files behind the configuration as well: locale, tones, dial rules. They are not kept.',
  }),
  configRetries: int({
    default: 0,
    min: 0,
    max: 100_000,
    doc: 'How often to begin anew when there is no configuration that may be used. Real phones: without end.',
  }),
  configRetryIntervalMs: int({
    default: 45_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    doc: 'Wait before each such beginning. Real phones: about 45 seconds.',
  }),
} as const

export type BootOptions = OptionsOf<typeof BOOT_OPTIONS>

const checked = new WeakSet<BootOptions>()

/**
 * Check options and fill in the defaults. Do it once for a fleet and give every boot the result: it is not checked again.
 *
 * @throws {OptionError} that lists every mistake.
 */
export const bootOptions = (given: Partial<BootOptions> = {}): BootOptions => {
  if (checked.has(given as BootOptions)) return given as BootOptions
  const options = Object.freeze(parseOptions(BOOT_OPTIONS, given))
  checked.add(options)
  return options
}
