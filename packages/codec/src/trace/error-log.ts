import { escapeLine, type NginxLine, parseNginxLine } from './nginx-line.ts'

export const LIBEST_LEVELS = ['ERROR', 'WARNING', 'INFO', 'TIMER'] as const
export type LibestLevel = (typeof LIBEST_LEVELS)[number]

/**
 * What libest writes between the lines of nginx, without any time: `***EST [INFO][log_access:1298]--> text`. `by` is the function
 * of libest; the number behind it is a line of its source, another one in each release. The text may have several lines.
 */
export type LibestLine = { readonly level: LibestLevel; readonly by: string; readonly sourceLine: number; readonly text: string }

/** An entry of an error.log; `line` counts from 1. `other` is what neither program writes, such as lines of a start script. */
export type ErrorLogEntry = { readonly line: number } & (
  | ({ readonly kind: 'nginx' } & NginxLine)
  | ({ readonly kind: 'libest' } & LibestLine)
  | { readonly kind: 'other'; readonly text: string }
)

/** With the empty line that libest begins with, and its end of line. */
export const formatLibestLine = ({ level, by, sourceLine, text }: LibestLine): string =>
  `\n***EST [${level}][${by}:${sourceLine}]--> ${text.split('\n').map(escapeLine).join('\n')}\n`

const HEAD = /^\*\*\*EST \[(ERROR|WARNING|INFO|TIMER)\]\[(\w+):(\d{1,6})\]--> ?(.*)$/

/**
 * Take an error.log apart. A text of libest goes on until the next line that is one of nginx or libest, or is empty; lines of
 * neither stand for themselves.
 */
export const parseErrorLog = (log: string): ErrorLogEntry[] => {
  const entries: ErrorLogEntry[] = []
  let isOpen = false
  for (const [index, line] of log.split(/\r?\n/).entries()) {
    const [, level, by, sourceLine, text] = HEAD.exec(line) ?? []
    const nginx = level === undefined ? parseNginxLine(line) : undefined
    const last = entries.at(-1)
    if (level !== undefined)
      entries.push({
        line: index + 1,
        kind: 'libest',
        level: level as LibestLevel,
        by: by!,
        sourceLine: Number(sourceLine),
        text: text!,
      })
    else if (nginx) entries.push({ line: index + 1, kind: 'nginx', ...nginx })
    else if (isOpen && line !== '' && last?.kind === 'libest')
      entries[entries.length - 1] = { ...last, text: `${last.text}\n${line}` }
    else if (line !== '') entries.push({ line: index + 1, kind: 'other', text: line })
    isOpen = level !== undefined || (isOpen && !nginx && line !== '')
  }
  return entries
}
