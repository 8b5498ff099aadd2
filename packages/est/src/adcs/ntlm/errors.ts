/** Where an NTLM message or one of its parts is not what it must be. Callers turn it into an error of their own. */
export class NtlmFormatError extends Error {
  override readonly name = 'NtlmFormatError'
  /** Bytes from the start of the message. */
  readonly offset: number

  /** @param where  such as `CHALLENGE.targetInfo` */
  constructor(where: string, offset: number) {
    super(`${where}, byte ${offset}`)
    this.offset = offset
  }
}
