import { findTemplate, matchTemplate, parseTemplate, type Span, type Template } from '@capfkit/codec/trace'
import type { Values } from '../sighting.ts'
import { skeletonOf } from './skeleton.ts'

/** A line that says something: its words as the tables of the writers have them, with `{places}`. */
export type ClueRow = {
  readonly text: string
  /** Of the values, those for which the line is worth keeping; all of them without it. */
  readonly keep?: (values: Values) => boolean
  /** Pieces of which a line worth keeping has one; without them the longest piece of its words. */
  readonly needles?: readonly string[]
}

type Compiled = {
  readonly name: string
  readonly row: ClueRow
  readonly template: Template
  /** The same words as a bad scan shows them; none where nothing would be left. */
  readonly noisy: Template | undefined
}

export type Told = { readonly name: string; readonly values: Values }

const literalLength = ({ pieces }: Template) => pieces.reduce((sum, { length }) => sum + length, 0)

const longestPiece = ({ pieces }: Template): string => pieces.reduce((best, piece) => (piece.length > best.length ? piece : best))

const MIN_SKELETON = 3

const noisyOf = ({ pieces, places }: Template): Template | undefined => {
  const bones = pieces.map(piece => skeletonOf(piece).text)
  const lost = bones.some((bone, index) => bone === '' && pieces[index] !== '' && index < bones.length - 1 && index > 0)
  return lost || bones.join('').length < MIN_SKELETON ? undefined : { pieces: bones, places }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Finds out which row of a table a line is; the row with the most words first. */
export class ClueTable {
  readonly #rows: readonly Compiled[]
  /** Finds what lines of the table have, in text of any length. */
  readonly needles: RegExp

  constructor(table: Readonly<Record<string, ClueRow>>) {
    const rows = Object.entries(table).map(([name, row]) => {
      const template = parseTemplate(row.text)
      return { name, row, template, noisy: noisyOf(template) }
    })
    this.#rows = rows.sort((a, b) => literalLength(b.template) - literalLength(a.template))
    const needles = rows.flatMap(({ row, template }) => row.needles ?? [longestPiece(template)])
    this.needles = new RegExp(needles.map(escaped).join('|'), 'g')
  }

  /** Whether a line may be one of the table: quick, for most lines are not. */
  mayTell(text: string): boolean {
    this.needles.lastIndex = 0
    return this.needles.test(text)
  }

  read(text: string): Told | undefined {
    for (const { name, row, template } of this.#rows) {
      const values = matchTemplate(template, text)
      if (values) return row.keep && !row.keep(values) ? undefined : { name, values }
    }
    return undefined
  }

  /** As {@link read}, of a line whose blanks and thin letters a scan has strewn about. */
  readNoisy(text: string): Told | undefined {
    const bones = skeletonOf(text)
    for (const { name, row, noisy } of this.#rows) {
      const spans = noisy && findTemplate(noisy, bones.text)
      if (!spans) continue
      const between = ([start, end]: Span) => text.slice(start === 0 ? 0 : bones.at[start - 1]! + 1, bones.at[end] ?? text.length)
      const values = Object.fromEntries(spans.map((span, index) => [noisy.places[index]!, between(span).trim()]))
      return row.keep && !row.keep(values) ? undefined : { name, values }
    }
    return undefined
  }
}
