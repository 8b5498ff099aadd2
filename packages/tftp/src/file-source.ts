/** A file as it is served. */
export type SourceFile = {
  readonly bytes: Buffer
  /** Another text for other bytes under the same name: printable ASCII without quotes. */
  readonly etag: string
  readonly lastModified?: Date
}

export type FileRequest = {
  readonly remoteAddress: string
  /** Aborts when nobody waits for the file any more. */
  readonly signal: AbortSignal
}

/** Where files come from. The name has passed {@link safeFileName}; `undefined`: there is no such file. */
export type FileSource = { get(name: string, request: FileRequest): Promise<SourceFile | undefined> }

/** The first source that has the file. */
export const chainSources = (sources: readonly FileSource[]): FileSource => ({
  async get(name, request) {
    for (const source of sources) {
      const file = await source.get(name, request)
      if (file) return file
    }
    return undefined
  },
})

/** Real names are below 50. */
export const MAX_NAME_LENGTH = 255

/** Nothing that begins with a dot, no control characters, and what other systems take for a separator or a drive. */
const SEGMENT = /^(?!\.)[^\p{Cc}\\:/]+$/u

/**
 * The name of a file below the root of a server, `a/b/c`; `undefined` for one that could mean something else. One slash at the
 * beginning is the root.
 */
export const safeFileName = (asked: string): string | undefined => {
  const name = asked.startsWith('/') ? asked.slice(1) : asked
  const isSafe = name.length <= MAX_NAME_LENGTH && name.isWellFormed() && name.split('/').every(segment => SEGMENT.test(segment))
  return isSafe ? name : undefined
}
