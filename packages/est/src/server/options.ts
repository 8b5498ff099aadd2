import { flag, int, type OptionsOf, oneOf, text } from '@capfkit/codec/options'
import { ADDRESS, LIMIT_OPTIONS, LOG_OPTIONS, TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'
import { RSA_BITS } from '@capfkit/pki'
import { CHANNEL_BINDINGS } from '../wire/channel-binding.ts'
import { PROFILE_NAMES } from './profiles.ts'

const { handshakeTimeoutMs, drainTimeoutMs, maxConnections, maxConnectionsPerAddress } = LIMIT_OPTIONS
const { tlsMinVersion, tlsMaxVersion, keylog } = TLS_OPTIONS

/** The only place where a default of the EST server is written: flags, `--help`, `docs/config.md` and types read this table. */
export const EST_SERVER_OPTIONS = {
  listen: text({
    ...ADDRESS,
    default: '127.0.0.1:8084',
    doc: 'Where EST clients, such as CAPF, connect. Port 0 picks a free one.',
  }),
  profile: oneOf({
    default: 'rfc8951',
    values: PROFILE_NAMES,
    doc: 'How bytes and refusals look: as the RFC says, with line ends for clients that say they are libest; as strongSwan reads them; as a libest server (CiscoRA) writes them.',
  }),
  httpAuth: oneOf({
    default: 'basic',
    values: ['basic', 'digest', 'off'],
    doc: 'How clients log in over HTTP; off is only sensible with client certificates.',
  }),
  httpAuthWhen: oneOf({
    default: 'without-certificate',
    values: ['always', 'without-certificate'],
    doc: 'Who has to log in: everybody, or who shows no trusted client certificate.',
  }),
  realm: text({
    default: 'estrealm',
    pattern: /^[\x20-\x7e]{1,255}$/,
    range: '1 to 255 characters of ASCII',
    doc: 'Realm of the log-in.',
  }),
  clientCertificates: oneOf({
    default: 'optional',
    values: ['off', 'optional', 'required'],
    doc: 'TLS client authentication; needs the CA certificates that clients are trusted by.',
  }),
  proofOfPossession: oneOf({
    default: 'present',
    values: ['off', 'present', 'required'],
    doc: 'Binding of a request to its TLS connection: never looked at (as CiscoRA does), checked when it is there (RFC 7030), demanded.',
  }),
  channelBinding: oneOf({
    default: 'tls-unique',
    values: CHANNEL_BINDINGS,
    doc: 'What a request is bound to: tls-unique exists in TLS 1.2 only; tls-exporter is our own choice, and clients must know of it.',
  }),
  requestSignatures: oneOf({
    default: 'checked',
    values: ['checked', 'ignored'],
    doc: 'Whether a request must be signed by the key that it is for. With ignored one is taken, too, that CAPF has signed for a phone (capf server start --unsigned-requests capf-key).',
    unsafe: 'with ignored, whoever may enrol gets a certificate for any key, also for one that it does not have',
  }),
  reenrolSameNames: flag({
    default: true,
    doc: 'A renewal must have subject and alternative names of the client certificate (RFC 7030 section 4.2.2).',
  }),
  minRsaBits: oneOf({
    default: '1024',
    values: RSA_BITS.map(bits => String(bits) as `${(typeof RSA_BITS)[number]}`),
    doc: 'The smallest RSA key that a request may be for.',
  }),
  serverKey: oneOf({
    default: 'rsa:2048',
    values: ['rsa:2048', 'rsa:3072', 'rsa:4096', 'ec:p256', 'ec:p384', 'ec:p521'],
    doc: 'The key that serverkeygen makes.',
  }),
  serverKeyGen: flag({ default: true, doc: 'Whether there is serverkeygen at all.' }),
  maxRequestBytes: int({
    default: 8_192,
    min: 512,
    max: 1_048_576,
    unit: 'bytes',
    doc: 'A longer body is refused. 8192 is what a libest server takes.',
  }),
  requestTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'From the first byte of a request to its last.' }),
  idleTimeoutMs: int({ ...TIMEOUT, default: 15_000, doc: 'How long a connection may be silent between and in requests.' }),
  answerTimeoutMs: int({
    ...TIMEOUT,
    default: 30_000,
    doc: 'How long a request waits for the CA; then the client is told to come back, and gets the answer that came meanwhile.',
  }),
  retryAfterMs: int({
    default: 60_000,
    min: 1_000,
    max: 172_800_000,
    unit: 'ms',
    doc: 'When a client shall come back whose request is not decided, in whole seconds, where the CA does not say.',
  }),
  pendingTimeoutMs: int({
    ...TIMEOUT,
    default: 86_400_000,
    doc: 'How long an undecided request, or a certificate, for which nobody comes is remembered.',
  }),
  maxPending: int({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    doc: 'Requests that are undecided, under way or not fetched at once. Further ones take the place of the oldest that is not fetched, or are told to come back.',
  }),
  handshakeTimeoutMs,
  drainTimeoutMs,
  maxConnections,
  maxConnectionsPerAddress,
  tlsMinVersion,
  tlsMaxVersion,
  keylog,
  ...LOG_OPTIONS,
} as const

export type EstServerOptions = OptionsOf<typeof EST_SERVER_OPTIONS>
