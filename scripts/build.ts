import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryName, inDependencyOrder, type Package, ROOT, readPackages } from './workspace.ts'

/**
 * Compiles every package that is published, `packages/X/src` to `packages/X/dist`, each against the declarations of those
 * below it: exactly what somebody sees who installs them.
 */

const CONFIGS = join(ROOT, 'node_modules/.capfkit-build')

/** In a checkout an import leads to the source of the other package; here it leads to its declarations. */
const declarationPaths = (packages: readonly Package[]) =>
  Object.fromEntries(
    packages.flatMap(({ path, manifest: { name, publishConfig } }) =>
      Object.entries(publishConfig?.exports ?? {}).map(([entry, { types }]) => [entryName(name, entry), [join(path, types)]]),
    ),
  )

const configOf = (one: Package, published: readonly Package[]) => ({
  extends: join(ROOT, 'tsconfig.base.json'),
  compilerOptions: {
    // Nothing is rewritten but the imports: what runs is what was tested from source.
    target: 'esnext',
    rootDir: join(one.path, 'src'),
    outDir: join(one.path, 'dist'),
    declaration: true,
    sourceMap: true,
    inlineSources: true,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: declarationPaths(published.filter(other => other !== one)),
  },
  include: [join(one.path, 'src')],
})

/** What runs in a browser is built by the package itself, into a folder beside its code. */
const buildPage = ({ path }: Package): boolean => {
  const program = join(path, 'page/build.ts')
  if (!existsSync(program)) return true
  return spawnSync(process.execPath, [program, join(path, 'dist/page')], { stdio: 'inherit' }).status === 0
}

const compile = (one: Package, published: readonly Package[]): boolean => {
  rmSync(join(one.path, 'dist'), { recursive: true, force: true })
  const config = join(CONFIGS, `${one.folder}.json`)
  writeFileSync(config, JSON.stringify(configOf(one, published), null, 2))
  const { status } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', config], { stdio: 'inherit' })
  if (status !== 0 || !buildPage(one)) return false
  for (const program of Object.values(one.manifest.publishConfig?.bin ?? {})) chmodSync(join(one.path, program), 0o755)
  return true
}

mkdirSync(CONFIGS, { recursive: true })
const published = inDependencyOrder(readPackages(ROOT)).filter(({ manifest }) => !manifest.private)
for (const one of published) {
  if (!compile(one, published)) {
    console.error(`${one.manifest.name} was not built`)
    process.exit(1)
  }
  console.log(`built ${one.manifest.name}`)
}
