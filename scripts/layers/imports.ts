import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { DOORS, FLOORS, TEST_LIBRARIES } from './house.ts'
import { type Finding, manifestsOf, placeOf, type Rule, type TextFile } from './tree.ts'

export type Import = { readonly path: string; readonly line: number; readonly from: string }

/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`, `import.meta.resolve('x')`. */
const IMPORT =
  /^(?:import|export)\b[^'"`;]*?\bfrom\s+(['"])(.+?)\1|^import\s+(['"])(.+?)\3|(?<![.\w])import(?:\.meta\.resolve)?\(\s*(['"])(.+?)\5/gm

const importsOf = ({ path, text }: TextFile): Import[] =>
  [...text.matchAll(IMPORT)].flatMap(match => {
    const from = match[2] ?? match[4] ?? match[6] ?? ''
    const end = match.index + match[0].length
    // A name that is put together at run time says nothing.
    return from.includes('${') ? [] : [{ path, line: text.slice(0, end).split('\n').length, from }]
  })

/** What packages import from elsewhere. */
const allImports = (files: readonly TextFile[]): Import[] =>
  files.filter(({ path }) => path.endsWith('.ts') && placeOf(path)).flatMap(importsOf)

const [OURS, SCOPED] = [/^@capfkit\/([^/]+)/, /^(?:@[^/]+\/)?[^/]+/]
const libraryOf = (from: string) => SCOPED.exec(from)?.[0] ?? from
const isLibrary = (from: string) => !from.startsWith('.') && !isBuiltin(from) && !OURS.test(from)

const wrongWay = (from: string, to: string): string | undefined => {
  const [floor, below] = [FLOORS[from], FLOORS[to]]
  if (floor === undefined || below === undefined)
    return `${floor === undefined ? from : to} has no floor; give it one in scripts/layers/house.ts`
  return below < floor ? undefined : `${from} (floor ${floor}) must not import ${to} (floor ${below}): imports go down only`
}

/** Imports and dependencies lead to a lower floor. */
export const goDown: Rule = files => {
  const fromSources = allImports(files).flatMap(({ path, line, from }): Finding[] => {
    const { folder } = placeOf(path)!
    const to = OURS.exec(from)?.[1]
    const sentence = to === undefined || to === folder ? undefined : wrongWay(folder, to)
    return sentence ? [{ path, line, sentence }] : []
  })
  const fromManifests = manifestsOf(files).flatMap(({ path, folder, manifest: { dependencies = {} } }) =>
    Object.keys(dependencies as object).flatMap((name): Finding[] => {
      const to = OURS.exec(name)?.[1]
      const sentence = to === undefined ? undefined : wrongWay(folder, to)
      return sentence ? [{ path, sentence }] : []
    }),
  )
  return [...fromSources, ...fromManifests]
}

/** A relative import into another package makes the compiler write .js files beside its sources. */
export const stayInside: Rule = files =>
  allImports(files).flatMap(({ path, line, from }): Finding[] => {
    if (!from.startsWith('.')) return []
    const { folder } = placeOf(path)!
    const target = posix.join(posix.dirname(path), from)
    const isInside = target.startsWith(`packages/${folder}/`)
    return isInside ? [] : [{ path, line, sentence: `${from} leaves the package; import the other package by its name` }]
  })

const doorSentence = (path: string, library: string): string | undefined => {
  const { folder, part } = placeOf(path)!
  if (TEST_LIBRARIES.includes(library)) return part === 'test' ? undefined : `${library} is for tests only`
  const doors = DOORS[library]
  if (!doors) return `${library} has no door; give it one in scripts/layers/house.ts`
  const isDoor = doors.some(door => path.startsWith(`packages/${door}/`) || (part === 'test' && door.startsWith(`${folder}/`)))
  return isDoor ? undefined : `${library} is imported in packages/${doors.join(' and packages/')} only`
}

/** One library, one door. */
export const oneDoor: Rule = files =>
  allImports(files).flatMap(({ path, line, from }): Finding[] => {
    const sentence = isLibrary(from) ? doorSentence(path, libraryOf(from)) : undefined
    return sentence ? [{ path, line, sentence }] : []
  })

/** What is imported is a dependency, and what is a dependency is imported. */
export const declared: Rule = files => {
  const imports = allImports(files)
  return manifestsOf(files).flatMap(({ path, folder, manifest }): Finding[] => {
    if (folder === '') return []
    const names = Object.keys({ ...(manifest.dependencies as object) })
    const used = imports.filter(
      ({ path: file, from }) => placeOf(file)!.folder === folder && !from.startsWith('.') && !isBuiltin(from),
    )
    const missing = used.filter(({ path: file, from }) => {
      const library = libraryOf(from)
      return placeOf(file)!.part === 'src' && !names.includes(library) && !TEST_LIBRARIES.includes(library)
    })
    const idle = names.filter(name => !name.startsWith('@types/') && !used.some(({ from }) => libraryOf(from) === name))
    return [
      ...missing.map(({ path: file, line, from }) => ({
        path: file,
        line,
        sentence: `${libraryOf(from)} is no dependency in ${path}`,
      })),
      ...idle.map(name => ({ path, sentence: `${name} is a dependency that nothing here imports` })),
    ]
  })
}
