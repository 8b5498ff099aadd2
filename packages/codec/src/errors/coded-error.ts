/** How an error is told to a person. `detail` is in words of others, such as those of a peer; none where it is empty. */
export type ErrorWords = {
  readonly where: string
  readonly what: string
  readonly detail?: string | undefined
  /** Bytes from the start of what was read. */
  readonly offset?: number | undefined
  readonly remedy?: string | undefined
}

/** `where: what [detail]; remedy (byte 12, CODE)`, without what is not known. */
export const errorMessage = (code: string, words: Omit<ErrorWords, 'where'> & { readonly where?: string | undefined }): string => {
  const { where, what, detail, offset, remedy } = words
  const before = where === undefined ? '' : `${where}: `
  const inBrackets = detail ? ` [${detail}]` : ''
  const after = remedy === undefined ? '' : `; ${remedy}`
  const place = offset === undefined ? '' : `byte ${offset}, `
  return `${before}${what}${inBrackets}${after} (${place}${code})`
}

/** What the error underneath says, to be shown as a detail. Some of Node are silent, such as that of several refused addresses. */
export const causeWords = (options?: ErrorOptions): string | undefined =>
  options?.cause instanceof Error ? options.cause.message : undefined

/**
 * What a package throws: a stable code from its table, and the place. Each package keeps its table and its own class, which
 * says how a row becomes words; programs match on `code`.
 */
export abstract class CodedError<Code extends string> extends Error {
  readonly code: Code
  readonly where: string

  constructor(code: Code, words: ErrorWords, options?: ErrorOptions) {
    super(errorMessage(code, words), options)
    this.code = code
    this.where = words.where
  }
}

/** Bytes that cannot be read; `offset` is where in them. */
export abstract class OffsetError<Code extends string> extends CodedError<Code> {
  readonly offset: number

  constructor(code: Code, words: ErrorWords & { readonly offset: number }, options?: ErrorOptions) {
    super(code, words, options)
    this.offset = words.offset
  }
}
