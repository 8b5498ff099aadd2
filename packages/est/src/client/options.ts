import { int, type OptionsOf, oneOf, text } from '@capfkit/codec/options'
import { TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'

const { tlsMinVersion, tlsMaxVersion } = TLS_OPTIONS

/** The only place where a default of the EST client is written: flags, `--help`, `docs/config.md` and types read this table. */
export const EST_CLIENT_OPTIONS = {
  connectTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'How long TCP may take to connect.' }),
  tlsTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'How long the TLS handshake may take.' }),
  responseTimeoutMs: int({
    ...TIMEOUT,
    default: 10_000,
    doc: 'From the request to the end of the answer. 10 s is what the product has.',
  }),
  maxResponseBytes: int({
    default: 2_000_000,
    min: 1_024,
    max: 64_000_000,
    unit: 'bytes',
    doc: 'A longer answer is cut off.',
  }),
  maxConnections: int({
    default: 8,
    min: 1,
    max: 10_000,
    unit: 'connections',
    doc: 'Connections to the server at once; further requests wait for one.',
  }),
  idleTimeoutMs: int({
    default: 4_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    doc: 'How long a connection is kept for the next request. 0: a connection for each.',
  }),
  maxRedirects: int({ default: 5, min: 0, max: 20, unit: 'redirects', doc: 'Redirects that are followed, one after the other.' }),
  minRetryAfterMs: int({
    default: 1_000,
    min: 10,
    max: 172_800_000,
    unit: 'ms',
    doc: 'While the CA has not decided: never ask again sooner, whatever the server says.',
  }),
  maxRetryAfterMs: int({
    default: 3_600_000,
    min: 10,
    max: 172_800_000,
    unit: 'ms',
    doc: 'While the CA has not decided: never ask again later, whatever the server says.',
  }),
  proofOfPossession: oneOf({
    default: 'off',
    values: ['off', 'tls-unique', 'tls-exporter'],
    doc: 'Bind the request to its TLS connection: tls-unique (RFC 7030) needs TLS 1.2, tls-exporter a server that agreed to it.',
  }),
  userAgent: text({
    default: 'capfkit EST client',
    pattern: /^[\x20-\x7e]{0,128}$/,
    range: 'a line of ASCII',
    doc: 'User-Agent; empty for none.',
  }),
  tlsMinVersion,
  tlsMaxVersion,
} as const

export type EstClientOptions = OptionsOf<typeof EST_CLIENT_OPTIONS>
