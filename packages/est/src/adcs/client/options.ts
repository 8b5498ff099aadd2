import { flag, int, type OptionsOf, oneOf, text } from '@capfkit/codec/options'
import { ADDRESS, TIMEOUT } from '@capfkit/listen'

/** The only place where a default of the AD CS client is written. */
export const ADCS_CLIENT_OPTIONS = {
  server: text({ ...ADDRESS, default: 'localhost:443', doc: 'Host name and port of the CA web enrolment, as in its certificate.' }),
  user: text({
    default: '',
    pattern: /^[^\p{Cc}]{0,256}$/u,
    range: 'up to 256 characters',
    doc: 'Who logs in: DOMAIN\\user, user@domain or user.',
  }),
  password: text({ default: '', doc: 'Password of the user.', secret: true }),
  authentication: oneOf({
    default: 'ntlm',
    values: ['ntlm', 'basic', 'any'],
    doc: 'How to log in: NTLM at once as the product does, Basic at once, or the strongest that is offered.',
  }),
  channelBinding: flag({
    default: true,
    doc: 'Bind an NTLM login to the TLS connection (tls-server-end-point), as Extended Protection demands.',
  }),
  userAgent: text({
    default: 'CiscoRA 1.0',
    pattern: /^[ -~]{1,200}$/,
    range: 'up to 200 printable characters',
    doc: 'User-Agent that the CA sees; the default is that of the product.',
  }),
  timeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'One step: the login with its connection, or one page.' }),
  maxBodyBytes: int({ default: 262_144, min: 1_024, max: 16_777_216, unit: 'bytes', doc: 'A longer page is not read to its end.' }),
} as const

export type AdcsClientOptions = OptionsOf<typeof ADCS_CLIENT_OPTIONS>
