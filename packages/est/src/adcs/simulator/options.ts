import { flag, int, type OptionsOf, oneOf, text, textList } from '@capfkit/codec/options'
import { ADDRESS, LIMIT_OPTIONS, LOG_OPTIONS, TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'
import { LANGUAGES } from './languages.ts'
import { WEB_CERTIFICATES } from './web-certificate.ts'

const { handshakeTimeoutMs, drainTimeoutMs, maxConnections, maxConnectionsPerAddress } = LIMIT_OPTIONS
const { tlsMinVersion, tlsMaxVersion, keylog } = TLS_OPTIONS

/** The only place where a default of the AD CS simulator is written: flags, `--help`, `docs/config.md` and types read this table. */
export const ADCS_OPTIONS = {
  listen: text({ ...ADDRESS, default: '127.0.0.1:4443', doc: 'Where registration authorities connect. Port 0 picks a free one.' }),
  host: text({
    default: 'localhost',
    pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/,
    range: 'a host name',
    doc: "Host name in the web server's certificate; localhost and 127.0.0.1 are always in it.",
  }),
  webCertificate: oneOf({
    default: 'good',
    values: Object.keys(WEB_CERTIFICATES) as (keyof typeof WEB_CERTIFICATES)[],
    doc: 'What the web server shows: a good certificate, or one of those that go wrong.',
  }),
  domain: text({
    default: 'TEST',
    pattern: /^[A-Za-z0-9-]{1,15}$/,
    range: 'a NetBIOS name of at most 15 letters, digits and dashes',
    doc: 'Windows domain of the users, as the IIS log shows it.',
  }),
  template: textList({
    doc: 'Template that is published: NAME or NAME=issue|pend|deny, then /min:BITS /usage:unfit /delay:MS /display:TEXT. Repeatable; without it, CiscoRA.',
  }),
  basic: flag({ default: false, doc: 'Offer Basic beside Negotiate and NTLM. A fresh web enrolment does not.' }),
  extendedProtection: oneOf({
    default: 'off',
    values: ['off', 'allow', 'require'],
    doc: 'Extended Protection: whether an NTLM login must be bound to its TLS connection.',
  }),
  language: oneOf({
    default: 'en',
    values: Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[],
    doc: 'Language of the pages: ids and URLs stay, words change.',
  }),
  caName: text({
    default: 'TEST-LAB-CA',
    pattern: /^[^\p{Cc}]{1,64}$/u,
    range: 'up to 64 characters',
    doc: 'Common name of the CA.',
  }),
  caKey: text({ default: 'rsa:2048', doc: 'Kind of the CA key: rsa:2048, ec:p256 and the like.' }),
  subordinate: flag({ default: false, doc: 'The CA stands below a root CA of its own.' }),
  renewals: int({
    default: 0,
    min: 0,
    max: 16,
    unit: 'times',
    doc: 'How often the CA certificate was renewed, with a new key each time; the newest one signs.',
  }),
  issuedDays: int({ default: 730, min: 1, max: 1825, unit: 'days', doc: 'Validity of the certificates that are issued.' }),
  firstRequestId: int({ default: 1, min: 1, max: 999_999_999, unit: 'number', doc: 'Number of the first request.' }),
  maxRequests: int({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    doc: 'Requests that are remembered. Beyond them the oldest ones that are decided are forgotten, and no more may wait.',
  }),
  maxBodyBytes: int({ default: 200_000, min: 1_024, max: 16_777_216, unit: 'bytes', doc: 'A longer form is refused: 413.' }),
  fault: textList({ doc: 'Something that goes wrong: STEP=FAULT, such as certfnsh=silent or login=slow:2000. Repeatable.' }),
  handshakeTimeoutMs,
  requestTimeoutMs: int({ ...TIMEOUT, default: 20_000, doc: 'From the first byte of a request to the end of it.' }),
  idleTimeoutMs: int({ ...TIMEOUT, default: 120_000, doc: 'How long a connection may be silent; that of IIS is two minutes.' }),
  drainTimeoutMs,
  maxConnections,
  maxConnectionsPerAddress,
  tlsMinVersion,
  tlsMaxVersion,
  keylog,
  ...LOG_OPTIONS,
} as const

export type AdcsOptions = OptionsOf<typeof ADCS_OPTIONS>
