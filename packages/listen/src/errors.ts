import { CodedError, causeWords } from '@capfkit/codec/errors'

/** Why nobody can listen: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. */
export const LISTEN_ERRORS = {
  LISTEN_PORT_IN_USE: { what: 'another program listens on this address', remedy: 'stop it, or choose another --listen HOST:PORT' },
  LISTEN_FAILED: { what: 'the address cannot be listened on', remedy: 'check --listen and the right to use the port' },
} as const

export type ListenErrorCode = keyof typeof LISTEN_ERRORS

/** An address that could not be had; `where` names it. */
export class ListenError extends CodedError<ListenErrorCode> {
  override readonly name = 'ListenError'

  constructor(code: ListenErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...LISTEN_ERRORS[code], detail: causeWords(options) }, options)
  }
}
