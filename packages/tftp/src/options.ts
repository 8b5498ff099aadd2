import { flag, int, type OptionsOf, optionalText, text } from '@capfkit/codec/options'
import { ADDRESS, LIMIT_OPTIONS, LOG_OPTIONS, TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'

const { handshakeTimeoutMs, drainTimeoutMs, maxConnections, maxConnectionsPerAddress } = LIMIT_OPTIONS

/** The only place where a default of the file server is written: flags, `--help`, `docs/config.md` and types read this table. */
export const FILE_SERVER_OPTIONS = {
  listen: text({ ...ADDRESS, default: '127.0.0.1:69', doc: 'Where phones ask by TFTP (UDP). Port 0 picks a free one.' }),
  http: text({ ...ADDRESS, default: '127.0.0.1:6970', doc: 'Where phones ask by HTTP. Port 0 picks a free one.' }),
  https: optionalText({
    ...ADDRESS,
    doc: 'Where phones ask by HTTPS, usually port 6971; without it, nowhere. Phones of today ask there when the trust list names its EC certificate.',
  }),
  tftp: flag({ default: true, doc: 'Answer TFTP at all. HTTP is always answered.' }),
  maxFileBytes: int({
    default: 134_217_728,
    min: 512,
    max: 2_147_483_647,
    unit: 'bytes',
    doc: 'A larger file in the folder is not served.',
  }),
  cacheBytes: int({
    default: 268_435_456,
    min: 0,
    max: 68_719_476_736,
    unit: 'bytes',
    doc: 'Files that are kept in memory; each folder or maker of files has its own such share.',
  }),
  maxTransfers: int({
    default: 8_192,
    min: 1,
    max: 60_000,
    unit: 'transfers',
    doc: 'TFTP transfers at once. A further request is not answered: the phone asks again.',
  }),
  maxTransfersPerAddress: int({
    default: 2_000,
    min: 1,
    max: 60_000,
    unit: 'transfers',
    doc: 'TFTP transfers at once from one address.',
  }),
  maxBlockBytes: int({
    default: 1_448,
    min: 8,
    max: 65_464,
    unit: 'bytes',
    doc: 'Largest TFTP block that is agreed to. Above 1448 a packet does not fit into an Ethernet frame and is fragmented.',
  }),
  retransmitTimeoutMs: int({
    ...TIMEOUT,
    default: 1_000,
    doc: 'How long a TFTP client may stay silent before a packet is sent again, where it has not asked for another time.',
  }),
  maxTries: int({
    default: 5,
    min: 1,
    max: 100,
    unit: 'times',
    doc: 'How often a TFTP packet is sent before the client is given up.',
  }),
  transferTimeoutMs: int({ ...TIMEOUT, default: 600_000, doc: 'One file to one client, whatever happens meanwhile.' }),
  sourceTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'How long a file may take to be read or made.' }),
  requestTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'From the first byte of an HTTP request to the end of it.' }),
  idleTimeoutMs: int({ ...TIMEOUT, default: 15_000, doc: 'How long an HTTP connection may be silent between and in requests.' }),
  handshakeTimeoutMs,
  drainTimeoutMs,
  maxConnections,
  maxConnectionsPerAddress,
  ...TLS_OPTIONS,
  ...LOG_OPTIONS,
} as const

export type FileServerOptions = OptionsOf<typeof FILE_SERVER_OPTIONS>
