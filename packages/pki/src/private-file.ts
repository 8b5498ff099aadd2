import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PkiError } from './errors.ts'

type Written = { file: string; write: (handle: FileHandle) => Promise<void> }

/** A temporary file beside `file`, flushed to the disk, that `place` gives its name; whatever throws, it is gone. */
const written = async (options: Written, place: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = `${options.file}.${randomBytes(6).toString('hex')}.tmp`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      await options.write(handle)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await place(temporary)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(options.file))
}

/** The name itself lives in the folder. */
const syncFolder = async (folder: string) => {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/**
 * Makes a file that only its owner can read (mode 0600), all of it or nothing: `write` gets a new temporary file beside it,
 * which is flushed to the disk and renamed over `file` when `write` is done, and removed when `write` throws.
 *
 * @throws {PkiError} `PKI_NOT_A_FILE` when a folder or device stands there; else what the file system or `write` throws.
 */
export const replacePrivateFile = async (options: Written): Promise<void> => {
  // A rename over a device or a folder would take it away from everybody.
  const there = await stat(options.file).catch(() => undefined)
  if (there && !there.isFile()) throw new PkiError('PKI_NOT_A_FILE', { where: options.file })
  await written(options, temporary => rename(temporary, options.file))
}

/**
 * A private key or another small secret into a new file of mode 0600, all of it or nothing. Of several that make the same file at
 * the same moment one does.
 *
 * @returns whether it was made: `false` when something stands there already, which stays as it is.
 */
export const makePrivateFile = async ({ file, data }: { file: string; data: string | Buffer }): Promise<boolean> => {
  try {
    await written({ file, write: handle => handle.writeFile(data) }, async temporary => {
      // Unlike a rename, a link takes nobody's place.
      await link(temporary, file)
      await rm(temporary, { force: true })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A private key or another small secret into a file of mode 0600, replacing what was there. */
export const writePrivateFile = (options: { file: string; data: string | Buffer }): Promise<void> =>
  replacePrivateFile({ file: options.file, write: handle => handle.writeFile(options.data) })
