import { constants, type Stats } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FilesError } from './errors.ts'
import { FileCache } from './file-cache.ts'
import type { FileSource, SourceFile } from './file-source.ts'

export type FolderSourceOptions = {
  folder: string
  /** A larger file is not served. */
  maxFileBytes: number
  /** Bytes of files that are kept in memory. */
  cacheBytes: number
}

/** What says that a path leads to no file, whoever asks. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

/** The result, or nothing where there is no such path. @throws {FilesError} `FILES_UNREADABLE` */
const unlessAbsent = async <T>(where: string, look: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await look()
  } catch (cause) {
    if (ABSENT.has((cause as NodeJS.ErrnoException).code ?? '')) return undefined
    throw new FilesError('FILES_UNREADABLE', where, { cause })
  }
}

/** A file that was written anew has another one. */
const stampOf = ({ ino, size, mtimeMs }: Stats) =>
  `${ino.toString(36)}-${size.toString(36)}-${Math.floor(mtimeMs * 1000).toString(36)}`

/** Not through a link that was put there meanwhile, and without waiting for who writes into a pipe. */
const HOW = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** @throws {FilesError} `FILES_UNREADABLE` */
const readWhole = (path: string, name: string): Promise<SourceFile | undefined> =>
  unlessAbsent(name, async () => {
    await using handle = await open(path, HOW)
    const [bytes, stats] = [await handle.readFile(), await handle.stat()]
    return { bytes, etag: stampOf(stats), lastModified: stats.mtime }
  })

/**
 * The files of a folder that everybody may read. A link is followed as long as it leads to a file inside the folder. Files are kept in memory and looked
 * at again for each request: one that was replaced is read anew.
 *
 * @throws {FilesError} `FILES_FOLDER_MISSING`; later, from `get`, `FILES_UNREADABLE`, `FILES_PRIVATE`, `FILES_TOO_LARGE`.
 */
export const folderSource = async ({ folder, maxFileBytes, cacheBytes }: FolderSourceOptions): Promise<FileSource> => {
  const cache = new FileCache(cacheBytes)
  const there = await stat(folder).catch(cause => {
    throw new FilesError('FILES_FOLDER_MISSING', folder, { cause })
  })
  if (!there.isDirectory()) throw new FilesError('FILES_FOLDER_MISSING', folder)

  return {
    async get(name) {
      // The folder itself may be a link that somebody moves from one release to the next.
      const root = await unlessAbsent(folder, () => realpath(folder))
      const path = root === undefined ? undefined : await unlessAbsent(name, () => realpath(join(root, ...name.split('/'))))
      if (root === undefined || path === undefined || !path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined
      const stats = await unlessAbsent(name, () => stat(path))
      if (!stats?.isFile()) return undefined
      // Keys and device stores are of mode 0600. TFTP knows no users, so its servers have always held to this.
      if ((stats.mode & constants.S_IROTH) === 0) throw new FilesError('FILES_PRIVATE', name)
      if (stats.size > maxFileBytes) throw new FilesError('FILES_TOO_LARGE', name)
      return cache.get({ key: path, stamp: stampOf(stats), make: () => readWhole(path, name) })
    },
  }
}
