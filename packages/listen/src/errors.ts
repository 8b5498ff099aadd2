/** Why nobody can listen: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. */
export const LISTEN_ERRORS = {
  LISTEN_PORT_IN_USE: { what: 'another program listens on this address', remedy: 'stop it, or choose another --listen HOST:PORT' },
  LISTEN_FAILED: { what: 'the address cannot be listened on', remedy: 'check --listen and the right to use the port' },
} as const

export type ListenErrorCode = keyof typeof LISTEN_ERRORS

/** An address that could not be had; `where` names it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: ListenErrorCode
  readonly where: string

  constructor(code: ListenErrorCode, where: string, options?: ErrorOptions) {
    const { what, remedy } = LISTEN_ERRORS[code]
    const cause = options?.cause instanceof Error ? ` [${options.cause.message}]` : ''
    super(`${where}: ${what}${cause}; ${remedy} (${code})`, options)
    this.code = code
    this.where = where
  }
}
