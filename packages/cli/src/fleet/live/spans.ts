import type { painter } from '../../io.ts'

export type Paint = ReturnType<typeof painter>
type Style = Parameters<Paint>[0]

/** A piece of a line, and how it looks. */
export type Span = { readonly text: string; readonly style?: Style }
export type SpanLine = readonly Span[]

export const span = (text: string, style?: Style): Span => (style === undefined ? { text } : { text, style })

/** The line as text, cut where the terminal ends, so that it never wraps. */
export const paintedLine = (line: SpanLine, { columns, paint }: { columns: number; paint: Paint }): string => {
  let room = columns
  let painted = ''
  for (const { text, style } of line) {
    const shown = [...text].slice(0, room).join('')
    room -= [...shown].length
    painted += style === undefined ? shown : paint(style, shown)
  }
  return painted.trimEnd()
}

export const widthOf = (line: SpanLine): number => line.reduce((sum, { text }) => sum + [...text].length, 0)
