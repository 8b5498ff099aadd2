import { access, constants } from 'node:fs/promises'
import { type InputFile, inputFiles } from '@capfkit/diagnose'
import { CliError } from '../errors.ts'
import { systemWords } from '../files.ts'
import type { Io } from '../io.ts'

async function* bytesOf(stdin: Io['stdin']): AsyncGenerator<Uint8Array> {
  for await (const chunk of stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** What the words of the command line name: a file twice is read once. @throws {CliError} `CLI_FILE_UNREADABLE` */
export const openInputs = async (words: readonly string[], io: Io): Promise<InputFile[]> => {
  const inputs = new Map<string, InputFile>()
  for (const word of words) {
    if (word === '-') {
      inputs.set('-', { name: 'stdin', chunks: () => bytesOf(io.stdin) })
      continue
    }
    try {
      for (const input of await inputFiles(word)) {
        await access(input.name, constants.R_OK)
        inputs.set(input.name, input)
      }
    } catch (cause) {
      throw new CliError('CLI_FILE_UNREADABLE', { where: word, detail: `it cannot be read: ${systemWords(cause)}`, cause })
    }
  }
  return [...inputs.values()]
}
