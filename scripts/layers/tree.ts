import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** One text file; `path` is relative to the top, with slashes. */
export type TextFile = { readonly path: string; readonly text: string }

export type Finding = { readonly path: string; readonly line?: number; readonly sentence: string; readonly isWarning?: true }

/** Looks at the whole tree and says what is wrong in it. */
export type Rule = (files: readonly TextFile[]) => Finding[]

/** Made by programs, or not ours. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.tap'])
const TEXT = new Set(['', '.ts', '.js', '.json', '.md', '.yaml', '.yml', '.txt', '.csv', '.pem', '.sh'])

export const readTree = (root: string, folder = ''): TextFile[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (SKIPPED.has(entry.name) || path === 'run') return []
    if (entry.isDirectory()) return readTree(root, path)
    return entry.isFile() && TEXT.has(extname(entry.name)) ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : []
  })

/** `packages/server/test/x.ts` is in the `test` of `server`; a `page` is what runs in a browser, and what builds it. */
export const placeOf = (path: string): { folder: string; part: string } | undefined => {
  const [, folder, part] = /^packages\/([^/]+)\/(src|test|page)\//.exec(path) ?? []
  return folder !== undefined && part !== undefined ? { folder, part } : undefined
}

/** Each `package.json` below `packages/`, and the one at the top, whose folder is empty. */
export const manifestsOf = (files: readonly TextFile[]): { path: string; folder: string; manifest: Record<string, unknown> }[] =>
  files.flatMap(({ path, text }) => {
    const match = /^(?:packages\/([^/]+)\/)?package\.json$/.exec(path)
    return match ? [{ path, folder: match[1] ?? '', manifest: JSON.parse(text) }] : []
  })
