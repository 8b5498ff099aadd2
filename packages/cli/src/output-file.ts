import { randomBytes } from 'node:crypto'
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CliError, MistakesError } from './errors.ts'
import { systemWords } from './files.ts'
import type { Io } from './io.ts'

export type OutputFile = {
  /** `-` is stdout. */
  file: string
  data: Buffer
  io: Io
  /** Only its owner can read it, mode 0600; else what the umask leaves of 0666. */
  isPrivate?: boolean
}

const unwritable = (file: string, cause: unknown) =>
  new CliError('CLI_FILE_UNWRITABLE', { where: file, detail: `the file cannot be written: ${systemWords(cause)}`, cause })

/** Beside the file, flushed to the disk, then renamed over it: nobody finds half a file. */
const replace = async (file: string, data: Buffer, mode: number): Promise<void> => {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, data, { mode, flag: 'wx', flush: true })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * The result of a command as a file, all of it or nothing; one that is there is replaced. A device or pipe is written to.
 *
 * @throws {CliError} `CLI_FILE_UNWRITABLE`
 */
export const writeOutput = async ({ file, data, io, isPrivate = false }: OutputFile): Promise<void> => {
  if (file === '-') {
    io.stdout.write(data)
    return
  }
  try {
    const there = await stat(file).catch(() => undefined)
    if (there && !there.isFile()) await writeFile(file, data)
    else await replace(file, data, isPrivate ? 0o600 : 0o666)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/**
 * Before a result is asked for that there is only once, such as a certificate for a key: whether its file can be made at all.
 *
 * @throws {CliError} `CLI_FILE_UNWRITABLE`
 */
export const mustBeWritable = async (file: string): Promise<void> => {
  if (file === '-') return
  try {
    const there = await stat(file).catch(() => undefined)
    await (there && !there.isFile() ? access(file, constants.W_OK) : access(dirname(file), constants.W_OK | constants.X_OK))
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/** A result that would replace what it is made of is a slip. @throws {MistakesError} */
export const mustNotReplace = (inputs: readonly (string | undefined)[], output: string): void => {
  if (inputs.some(input => input !== undefined && input !== '-' && resolve(input) === resolve(output)))
    throw new MistakesError([`${output} is read and would be replaced; name another file to write (CLI_USAGE)`])
}
