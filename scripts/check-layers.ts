import { declared, goDown, oneDoor, stayInside } from './layers/imports.ts'
import { sayWhatIsInside, stayShort } from './layers/names.ts'
import { explainDependencies, publishSameEntries } from './layers/papers.ts'
import { type Finding, type Rule, readTree } from './layers/tree.ts'
import { keepForeignWordsOut } from './layers/words.ts'
import { ROOT } from './workspace.ts'

const RULES: readonly Rule[] = [
  goDown,
  stayInside,
  oneDoor,
  declared,
  sayWhatIsInside,
  stayShort,
  explainDependencies,
  publishSameEntries,
  keepForeignWordsOut,
]

/** What is wrong with the order of the house below a folder. */
export const checkLayers = (root: string): Finding[] => {
  const files = readTree(root)
  return RULES.flatMap(rule => rule(files))
}

if (import.meta.main) {
  const findings = checkLayers(ROOT)
  for (const { path, line, sentence, isWarning } of findings)
    console.error(`${isWarning ? 'warning' : 'error'}: ${path}${line === undefined ? '' : `:${line}`}: ${sentence}`)
  const errors = findings.filter(({ isWarning }) => !isWarning).length
  console.log(`layers: ${errors} errors, ${findings.length - errors} warnings`)
  process.exitCode = errors > 0 ? 1 : 0
}
