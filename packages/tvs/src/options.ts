import { int, type OptionsOf, optionalText } from '@capfkit/codec/options'
import { LIMIT_OPTIONS, LOG_OPTIONS, listenRow, TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'

/** The only place where a default of the TVS is written: flags, `--help`, `docs/config.md` and types read this table. */
export const TVS_OPTIONS = {
  listen: listenRow('127.0.0.1:2445'),
  certificate: optionalText({ doc: 'PEM file with the TVS certificate, the one in the trust lists. Required by the command.' }),
  key: optionalText({ doc: 'PEM file with the key of the TVS certificate. Without it, the certificate file holds both.' }),
  ttlSeconds: int({
    default: 86_400,
    min: 1,
    max: 0xffff_ffff,
    unit: 's',
    doc: 'How long a phone may keep an answer; never beyond the end of the certificate.',
  }),
  idleTimeoutMs: int({
    ...TIMEOUT,
    default: 30_000,
    doc: 'How long a connection may stay open without a whole request, from the handshake and from each answer.',
  }),
  maxRequests: int({
    default: 1_000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    doc: 'Requests on one connection; after the last answer it is closed.',
  }),
  ...LIMIT_OPTIONS,
  ...TLS_OPTIONS,
  ...LOG_OPTIONS,
} as const

export type TvsOptions = OptionsOf<typeof TVS_OPTIONS>

/** What a client waits for. */
export const TVS_CLIENT_OPTIONS = {
  connectTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'From the TCP connection to the end of the TLS handshake.' }),
  replyTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'How long the server may take for one answer.' }),
} as const

export type TvsClientOptions = OptionsOf<typeof TVS_CLIENT_OPTIONS>
