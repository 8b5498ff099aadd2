import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PkiError } from './errors.ts'

/**
 * Makes a file that only its owner can read (mode 0600), all of it or nothing: `write` gets a new temporary file beside it,
 * which is flushed to the disk and renamed over `file` when `write` is done, and removed when `write` throws.
 *
 * @throws {PkiError} `PKI_NOT_A_FILE` when a folder or device stands there; else what the file system or `write` throws.
 */
export const replacePrivateFile = async (options: {
  file: string
  write: (handle: FileHandle) => Promise<void>
}): Promise<void> => {
  // A rename over a device or a folder would take it away from everybody.
  const there = await stat(options.file).catch(() => undefined)
  if (there && !there.isFile()) throw new PkiError('PKI_NOT_A_FILE', { where: options.file })
  const temporary = `${options.file}.${randomBytes(6).toString('hex')}.tmp`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      await options.write(handle)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, options.file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(options.file))
}

/** The rename itself lives in the folder. */
const syncFolder = async (folder: string) => {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/** A private key or another small secret into a file of mode 0600, replacing what was there. */
export const writePrivateFile = (options: { file: string; data: string | Buffer }): Promise<void> =>
  replacePrivateFile({ file: options.file, write: handle => handle.writeFile(options.data) })
