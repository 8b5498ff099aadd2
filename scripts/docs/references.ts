import type { Finding, TextFile } from '../layers/tree.ts'

const linesOf = ({ text }: TextFile) => text.split('\n').map((line, index) => ({ line, number: index + 1 }))

/** `[CAPF-4.3]` cites a clause, which must be a heading of the page with the name `CAPF`. */
export const citedClauses = (files: readonly TextFile[], pages: Readonly<Record<string, TextFile>>): Finding[] =>
  Object.entries(pages).flatMap(([name, { path: page, text }]) => {
    const clauses = new Set([...text.matchAll(/^#{2,3} (\d+(?:\.\d+)?)/gm)].map(([, number]) => number))
    const citation = new RegExp(`\\[${name}-(\\d+(?:\\.\\d+)?)\\]`, 'g')
    return files.flatMap(({ path, ...file }) =>
      linesOf({ path, ...file }).flatMap(({ line, number }) =>
        [...line.matchAll(citation)]
          .filter(([, clause]) => !clauses.has(clause))
          .map(([tag]) => ({ path, line: number, sentence: `${tag} is no clause of ${page}` })),
      ),
    )
  })

/** Codes in pages: whatever begins like the code of an error must be one, or another name of the code. */
export const namedCodes = (
  files: readonly TextFile[],
  known: { codes: ReadonlySet<string>; others: ReadonlySet<string> },
): Finding[] => {
  const prefixes = new Set([...known.codes].map(code => code.split('_', 1)[0]))
  const pattern = new RegExp(`(?<![\\w-])(?:${[...prefixes].join('|')})_[A-Z0-9_]*[A-Z0-9]\\b`, 'g')
  return files.flatMap(file =>
    linesOf(file).flatMap(({ line, number }) =>
      [...line.matchAll(pattern)]
        .filter(([name]) => !known.codes.has(name) && !known.others.has(name))
        .map(([name]) => ({ path: file.path, line: number, sentence: `${name} is no code of an error, and nothing else either` })),
    ),
  )
}

/** What stands between backticks is no link, whatever it looks like. */
const withoutCode = (line: string) => line.replaceAll(/`[^`]*`/g, '')

/** Links to other pages of the project lead somewhere. */
export const relativeLinks = (files: readonly TextFile[], exists: (path: string) => boolean): Finding[] =>
  files.flatMap(file =>
    linesOf(file).flatMap(({ line, number }) =>
      [...withoutCode(line).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .filter(([, target]) => !exists(new URL(target!, `file:///${file.path}`).pathname.slice(1)))
        .map(([, target]) => ({ path: file.path, line: number, sentence: `the link to ${target} leads nowhere` })),
    ),
  )
