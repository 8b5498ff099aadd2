import { CodedError, causeWords } from '@capfkit/codec/errors'

/** Why the TVS does not serve, or was not asked: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. */
export const TVS_ERRORS = {
  TVS_CERTIFICATE_INVALID: {
    what: 'the certificate and key cannot serve as a TVS certificate',
    remedy: 'give a certificate with its own key, RSA of at least 2048 bits or EC',
  },
  TVS_NAME_UNKNOWN: { what: 'no address is known for this name', remedy: 'check the name and the resolver, or give an address' },
  TVS_CONNECT_REFUSED: { what: 'nothing listens there', remedy: 'check address and port (2445), and that the TVS runs' },
  TVS_CONNECT_FAILED: { what: 'the server cannot be reached', remedy: 'check the address, the route and firewalls' },
  TVS_CONNECT_TIMEOUT: {
    what: 'no connection within the time that connectTimeoutMs gives it',
    remedy: 'check the load of the server, or give it longer',
  },
  TVS_TLS_FAILED: {
    what: 'the TLS handshake failed',
    remedy: 'check that the port speaks TLS, and which versions and ciphers both sides know',
  },
  TVS_UNTRUSTED_SERVER: {
    what: 'the server shows a certificate that is not the TVS certificate of the trust list',
    remedy: 'compare its certificate with the one in the trust list: it was regenerated, or this is another server',
  },
  TVS_REPLY_TIMEOUT: {
    what: 'no answer within the time that replyTimeoutMs gives it',
    remedy: 'look at the log of the server, or give it longer',
  },
  TVS_HUNG_UP: { what: 'the server closed the connection without an answer', remedy: 'look at its log: it says why' },
  TVS_BAD_MESSAGE: { what: 'the server sent something that is not an answer', remedy: 'look at the bytes; is it a TVS?' },
} as const

export type TvsErrorCode = keyof typeof TVS_ERRORS

/** A failure of the TVS or of asking it; `where` names the address or file. */
export class TvsError extends CodedError<TvsErrorCode> {
  override readonly name = 'TvsError'

  constructor(code: TvsErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...TVS_ERRORS[code], detail: causeWords(options) }, options)
  }
}
