import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The top of the checkout. */
export const ROOT = join(import.meta.dirname, '..')

type Names = Readonly<Record<string, string>>

/** What the scripts read of a `package.json`. */
export type Manifest = {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly engines?: Names
  readonly exports?: Names
  readonly publishConfig?: {
    readonly bin?: Names
    readonly exports?: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  }
  readonly dependencies?: Names
  readonly devDependencies?: Names
}

export type Package = { readonly folder: string; readonly path: string; readonly manifest: Manifest }

export const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** Every package of the workspace, by name of its folder. */
export const readPackages = (root: string): Package[] =>
  readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name: folder }) => {
      const path = join(root, 'packages', folder)
      return { folder, path, manifest: readManifest(path) }
    })

/** The same packages, each after those that it depends on. */
export const inDependencyOrder = (packages: readonly Package[]): Package[] => {
  const ordered = new Set<Package>()
  const visit = (visited: Package, path: readonly Package[]) => {
    if (path.includes(visited))
      throw new Error(`packages depend on each other: ${[...path, visited].map(p => p.folder).join(' > ')}`)
    for (const name of Object.keys(visited.manifest.dependencies ?? {})) {
      const needed = packages.find(({ manifest }) => manifest.name === name)
      if (needed && !ordered.has(needed)) visit(needed, [...path, visited])
    }
    ordered.add(visited)
  }
  for (const one of packages) if (!ordered.has(one)) visit(one, [])
  return [...ordered]
}

/** `@capfkit/codec` and `./capf` as it is imported: `@capfkit/codec/capf`. */
export const entryName = (name: string, entry: string): string => name + entry.slice(1)
