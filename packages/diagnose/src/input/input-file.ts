import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Something to read. `chunks` is called once, or not at all. */
export type InputFile = {
  /** As findings name it. */
  readonly name: string
  chunks(): AsyncIterable<Uint8Array>
}

const CHUNK_BYTES = 65_536

/** A file on disk, read as it is needed. */
export const inputFile = (path: string): InputFile => ({
  name: path,
  chunks: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
})

/**
 * The files of a path: itself, or where it is a folder those in it, by name; folders in it are not looked into. Rejects with the
 * error of the system.
 */
export const inputFiles = async (path: string): Promise<InputFile[]> => {
  if (!(await stat(path)).isDirectory()) return [inputFile(path)]
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  return names.sort().map(name => inputFile(join(path, name)))
}
