import { makeFolder } from '@capfkit/pki'
import { CliError } from './errors.ts'
import { systemWords } from './files.ts'

/** The folder that a command leaves its files in, made when it is missing. @throws {CliError} `CLI_FILE_UNWRITABLE` */
export const makeOutFolder = async (folder: string, mode?: number): Promise<void> => {
  try {
    await makeFolder(folder, mode)
  } catch (cause) {
    throw new CliError('CLI_FILE_UNWRITABLE', { where: folder, detail: `the folder cannot be made: ${systemWords(cause)}`, cause })
  }
}
