import { flag, int, type OptionsOf, oneOf, optionalText, text } from '@capfkit/codec/options'
import { ADDRESS } from './address.ts'

/** What every time-out has in common. */
export const TIMEOUT = { min: 1, max: 86_400_000, unit: 'ms' } as const

/** The row of the address of a service. */
export const listenRow = (address: string) =>
  text({ ...ADDRESS, default: address, doc: 'Where phones connect. Port 0 picks a free one.' })

/** How much a service takes, and for how long. */
export const LIMIT_OPTIONS = {
  handshakeTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'From the TCP connection to the end of the TLS handshake.' }),
  drainTimeoutMs: int({ ...TIMEOUT, default: 30_000, doc: 'How long SIGTERM lets running sessions end before they are cut.' }),
  maxFrameBytes: int({
    default: 16_384,
    min: 64,
    max: 65_543,
    unit: 'bytes',
    doc: 'A longer frame ends the session before it is buffered.',
  }),
  maxConnections: int({
    default: 20_000,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    doc: 'Connections at once in one process; further ones are closed.',
  }),
  maxConnectionsPerAddress: int({
    default: 2_000,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    doc: 'Connections at once from one address in one process; further ones are closed.',
  }),
} as const

/** How TLS is spoken. */
export const TLS_OPTIONS = {
  tlsMinVersion: oneOf({ default: 'TLSv1.2', values: ['TLSv1.2', 'TLSv1.3'], doc: 'Oldest TLS version that is spoken.' }),
  tlsMaxVersion: oneOf({ default: 'TLSv1.3', values: ['TLSv1.2', 'TLSv1.3'], doc: 'Newest TLS version that is spoken.' }),
  legacyTls: flag({
    default: false,
    doc: 'Speak TLS 1.0/1.1 and RSA key exchange too, for 7900, 8941 and CIPC phones.',
    unsafe:
      'whoever records a session with RSA key exchange and later gets the key of the certificate can read it; SHA-1 handshakes can be forged',
  }),
  keylog: optionalText({
    doc: 'File to append TLS secrets to (NSS key log), for Wireshark.',
    unsafe: 'whoever has the file reads the sessions, authentication strings included',
  }),
} as const

/** What a service says of itself. */
export const LOG_OPTIONS = {
  logLevel: oneOf({
    default: 'info',
    values: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
    doc: 'Structured log on stderr, JSON Lines: info has one line a session.',
  }),
} as const

export type TlsProfileOptions = OptionsOf<typeof TLS_OPTIONS>
export type LogLevel = OptionsOf<typeof LOG_OPTIONS>['logLevel']
