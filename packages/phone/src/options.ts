import { flag, int, type OptionsOf, oneOf, parseOptions } from '@capfkit/codec/options'

/** The only place where a default of the phone is written. */
export const PHONE_OPTIONS = {
  connectTimeoutMs: int({ default: 10_000, min: 1, max: 600_000, unit: 'ms', doc: 'How long TCP may take to connect.' }),
  tlsTimeoutMs: int({ default: 10_000, min: 1, max: 600_000, unit: 'ms', doc: 'How long the TLS handshake may take.' }),
  replyTimeoutMs: int({
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    doc: 'How long each message of the server may take. Longer than the server itself waits for its CA.',
  }),
  sessionTimeoutMs: int({
    default: 3_600_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    doc: 'How long one session may take, key generation included.',
  }),
  closeWaitMs: int({
    default: 250,
    min: 0,
    max: 60_000,
    unit: 'ms',
    doc: 'How long to let the server close first after END_SESSION, so that TIME_WAIT keeps no source port busy. 0: not at all.',
  }),
  retries: int({
    default: 3,
    min: 0,
    max: 1_000,
    doc: 'Further rounds over the CAPF servers after a failure of communication. Real phones: 3.',
  }),
  retryIntervalMs: int({
    default: 30_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    doc: 'Wait before each further round. Real phones: 30 seconds.',
  }),
  honourRetryLater: flag({
    default: false,
    doc: 'Come back when RETRY_LATER says, at most `retries` times. A message of this project: for a real phone it is the end.',
  }),
  progressIntervalMs: int({
    default: 60_000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    doc: 'REQUEST_IN_PROGRESS is sent when key generation starts, and again each time this has passed.',
  }),
  keyGenerationDelayMs: int({
    default: 0,
    min: -1,
    max: 7_200_000,
    unit: 'ms',
    doc: 'Key generation takes at least this long: a wait, not work. -1 takes the time from the table of phone models.',
  }),
  maxFrameBytes: int({
    default: 16_384,
    min: 8,
    max: 65_543,
    unit: 'bytes',
    doc: 'A longer frame ends the session before it is kept.',
  }),
  maxTlsVersion: oneOf({
    default: 'model',
    values: ['model', 'TLSv1.2', 'TLSv1.3'],
    doc: 'The newest TLS version to offer; `model`: what the phone model speaks, but never below TLSv1.2 without legacyTls.',
  }),
  legacyTls: flag({
    default: false,
    doc: 'Let old phone models (7900, 8941, CIPC) speak what they really speak: TLS 1.0 with RSA key exchange.',
    unsafe: 'TLS 1.0, SHA-1 and RSA key exchange protect nothing against a determined listener; use it in a laboratory only.',
  }),
  signRequests: flag({
    default: false,
    doc: 'Offer to sign certificate requests, for servers of this project in front of an online or offline CA, and sign them. An element and a message of this project, as above.',
  }),
} as const

export type PhoneOptions = OptionsOf<typeof PHONE_OPTIONS>

const checked = new WeakSet<PhoneOptions>()

/**
 * Check options and fill in the defaults. Do it once for a fleet and give every phone the result: it is not checked again.
 *
 * @throws {OptionError} that lists every mistake.
 */
export const phoneOptions = (given: Partial<PhoneOptions> = {}): PhoneOptions => {
  if (checked.has(given as PhoneOptions)) return given as PhoneOptions
  const options = Object.freeze(parseOptions(PHONE_OPTIONS, given))
  checked.add(options)
  return options
}
