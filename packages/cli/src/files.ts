import { type FileHandle, open } from 'node:fs/promises'
import { CliError } from './errors.ts'
import type { Io } from './io.ts'

/** What the operating system says, without its own prefix: `no such file or directory`. */
export const systemWords = (cause: unknown): string => {
  const words = cause instanceof Error ? cause.message : String(cause)
  return /^[A-Z]+: ([^,]*)/.exec(words)?.[1] ?? words
}

const unreadable = (file: string, cause: unknown) =>
  new CliError('CLI_FILE_UNREADABLE', { where: file, detail: `the file cannot be read: ${systemWords(cause)}`, cause })

/** At most one byte more than `maxBytes`: a device, or a file that grows, does not say how much there is. */
const readUpTo = async (handle: FileHandle, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of handle.createReadStream({ end: maxBytes, autoClose: false })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A whole file, bounded. @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_FILE_TOO_LARGE`. */
export const readBytes = async (file: string, { maxBytes }: { maxBytes: number }): Promise<Buffer> => {
  let size: number | undefined
  try {
    await using handle = await open(file, 'r')
    size = (await handle.stat()).size
    if (size <= maxBytes) {
      const bytes = await readUpTo(handle, maxBytes)
      if (bytes.length <= maxBytes) return bytes
      size = undefined
    }
  } catch (cause) {
    throw unreadable(file, cause)
  }
  throw new CliError('CLI_FILE_TOO_LARGE', {
    where: file,
    detail:
      size === undefined
        ? `there is more than the ${maxBytes} bytes that this command reads`
        : `${size} bytes are more than the ${maxBytes} that this command reads`,
  })
}

export const readText = async (file: string, limit: { maxBytes: number }): Promise<string> =>
  (await readBytes(file, limit)).toString('utf8')

/** A file, or all of stdin for `-`. */
export const readInput = async (file: string, { io, maxBytes }: { io: Io; maxBytes: number }): Promise<Buffer> => {
  if (file !== '-') return readBytes(file, { maxBytes })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of io.stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array))
    size += chunks.at(-1)!.length
    if (size > maxBytes)
      throw new CliError('CLI_FILE_TOO_LARGE', {
        where: 'stdin',
        detail: `there is more than the ${maxBytes} bytes that this command reads`,
      })
  }
  return Buffer.concat(chunks)
}

const MAX_SECRET_BYTES = 65_536

/** The first line of a file that holds a secret. */
export const readSecret = async (file: string): Promise<string> => {
  try {
    await using handle = await open(file, 'r')
    const text = (await readUpTo(handle, MAX_SECRET_BYTES)).toString('utf8')
    return text.split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    throw unreadable(file, cause)
  }
}
