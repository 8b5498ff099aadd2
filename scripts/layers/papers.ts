import { type Finding, manifestsOf, type Rule } from './tree.ts'

const PAGE = 'docs/dependencies.md'

/** Every dependency has a row that says why it is there, and every row is a dependency. */
export const explainDependencies: Rule = files => {
  const page = files.find(({ path }) => path === PAGE)?.text ?? ''
  const rows = new Set([...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!))
  const used = new Map<string, string>()
  for (const { path, manifest } of manifestsOf(files))
    for (const name of Object.keys({ ...(manifest.dependencies as object), ...(manifest.devDependencies as object) }))
      if (!name.startsWith('@capfkit/')) used.set(name, path)
  return [
    ...[...used].filter(([name]) => !rows.has(name)).map(([name, path]) => ({ path, sentence: `${name} has no row in ${PAGE}` })),
    ...[...rows].filter(name => !used.has(name)).map(name => ({ path: PAGE, sentence: `${name} is no dependency of any package` })),
  ]
}

type Exports = Readonly<Record<string, unknown>>

/** What is published has the same entries as the checkout, in `dist`. */
export const publishSameEntries: Rule = files =>
  manifestsOf(files).flatMap(({ path, folder, manifest }): Finding[] => {
    if (folder === '' || manifest.private) return []
    const { exports = {}, publishConfig } = manifest as {
      exports?: Readonly<Record<string, string>>
      publishConfig?: { exports?: Exports }
    }
    const wanted = Object.fromEntries(
      Object.entries(exports).map(([entry, source]) => {
        const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
        return [entry, { types: `${built}.d.ts`, default: `${built}.js` }]
      }),
    )
    const isSame = JSON.stringify(publishConfig?.exports) === JSON.stringify(wanted)
    return isSame ? [] : [{ path, sentence: `publishConfig.exports must be ${JSON.stringify(wanted)}` }]
  })
