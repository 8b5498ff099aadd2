import { type ScreenState, SECTIONS } from './sections.ts'
import { type Paint, paintedLine, type SpanLine } from './spans.ts'

type Made = { rank: number; least: number; lines: readonly SpanLine[] }

const heightOf = (sections: readonly Made[]) => sections.reduce((sum, { lines }) => sum + lines.length, 0)

/** What does not fit goes: first the ends of what is long, then whole sections, the least important first. */
const fitting = (sections: readonly Made[], rows: number): readonly Made[] => {
  const all = [...sections]
  const byRank = [...all.keys()].sort((a, b) => all[b]!.rank - all[a]!.rank)
  const shrink = (to: (section: Made) => number) => {
    for (const index of byRank) {
      const over = heightOf(all) - rows
      const section = all[index]!
      if (over > 0) all[index] = { ...section, lines: section.lines.slice(0, Math.max(to(section), section.lines.length - over)) }
    }
  }
  shrink(({ least }) => least)
  shrink(({ rank, least }) => (rank === 0 ? least : 0))
  return all
}

/** Between sections that are not there, one empty line is enough. */
const withoutDoubleGaps = (lines: readonly SpanLine[]): readonly SpanLine[] =>
  lines.filter((line, index) => line.length > 0 || lines[index - 1]?.length !== 0)

/**
 * The screen of a run as lines that fit.
 *
 * @param size.rows  of the terminal; one is left for the cursor.
 */
export const screenLines = (state: ScreenState, { rows, paint }: { rows: number; paint: Paint }): string[] => {
  // A line that fills the terminal to its last column makes some of them wrap.
  const columns = state.columns - 1
  const made = SECTIONS.map(({ rank, least, lines }) => ({ rank, least, lines: lines({ ...state, columns }) }))
  const lines = withoutDoubleGaps(fitting(made, rows - 1).flatMap(section => section.lines))
  return lines.map(line => paintedLine(line, { columns, paint }))
}
