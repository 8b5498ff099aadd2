import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { ConsoleLine } from '@capfkit/phone'
import { CliError } from '../errors.ts'
import { systemWords } from '../files.ts'
import { type Io, note } from '../io.ts'

/** Where the console of a phone goes: a file that grows while the phone boots, stderr, or nowhere. */
export type ConsoleFile = AsyncDisposable & { readonly write: ((line: ConsoleLine) => void) | undefined }

const unwritable = (file: string, cause: unknown) =>
  new CliError('CLI_FILE_UNWRITABLE', { where: file, detail: `the file cannot be written: ${systemWords(cause)}`, cause })

/** @throws {CliError} `CLI_FILE_UNWRITABLE`, now or when it is closed. */
export const openConsoleFile = async (file: string | undefined, io: Io): Promise<ConsoleFile> => {
  if (file === undefined) return { write: undefined, [Symbol.asyncDispose]: async () => {} }
  if (file === '-') return { write: ({ text }) => note(io, text), [Symbol.asyncDispose]: async () => {} }
  const stream = createWriteStream(file)
  const done = finished(stream)
  // Told when the file is closed; until then nobody waits for it.
  done.catch(() => {})
  try {
    await once(stream, 'open')
  } catch (cause) {
    throw unwritable(file, cause)
  }
  return {
    write: ({ text }) => void (stream.writable && stream.write(`${text}\n`)),
    async [Symbol.asyncDispose]() {
      stream.end()
      try {
        await done
      } catch (cause) {
        throw unwritable(file, cause)
      }
    },
  }
}
