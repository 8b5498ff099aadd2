import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { UiError } from './errors.ts'

/** One file of the page, as it is sent. */
export type PageFile = { readonly type: string; readonly bytes: Buffer }

/** By path, `/` for the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const readFolder = async (folder: string): Promise<PageFiles> => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names
    .filter(entry => entry.isFile() && TYPES[extname(entry.name)] !== undefined)
    .map(async ({ parentPath, name }): Promise<[string, PageFile]> => {
      const path = join(parentPath, name)
      const asked = path.slice(folder.length).replaceAll('\\', '/')
      return [asked === '/index.html' ? '/' : asked, { type: TYPES[extname(name)]!, bytes: await readFile(path) }]
    })
  return new Map(await Promise.all(files))
}

const BUILD_TIMEOUT_MS = 60_000

/** In a checkout the page is made when it is wanted: what is served is always what the sources say. */
const buildNow = async (): Promise<PageFiles> => {
  const folder = await mkdtemp(join(tmpdir(), 'capfkit-page-'))
  try {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../page/build.ts'), folder], {
      timeout: BUILD_TIMEOUT_MS,
    })
    return await readFolder(folder)
  } catch (cause) {
    throw new UiError('UI_NOT_BUILT', 'page', { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The page: from the published package as it was built, in a checkout built now, about a second. @throws {UiError} `UI_NOT_BUILT`. */
export const pageFiles = (): Promise<PageFiles> =>
  extname(import.meta.filename) === '.ts' ? buildNow() : readFolder(join(import.meta.dirname, 'page'))
