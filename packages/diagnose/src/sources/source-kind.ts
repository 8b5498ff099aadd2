import type { LeftOuts } from '../input/plain-bytes.ts'
import type { Anchor, Boot, Dating, Milestone, Values } from '../sighting.ts'

export type NewSighting = {
  readonly clue: string
  readonly line: number
  readonly text: string
  readonly at?: number | undefined
  readonly device?: string | undefined
  readonly values?: Values
}

/** What a reader tells of what it reads. */
export type Witness = {
  /** Of the file, as findings name it. */
  readonly fileName: string
  readonly now: Date
  readonly leftOuts: LeftOuts
  sight(sighting: NewSighting): void
  /** The device did what it was to do: what was seen of its earlier steps matters no more. */
  done(device: string, at: number | undefined): void
  /** The servers did what they are to do: what was wrong with them before is over. */
  reached(milestone: Milestone, line: number): void
  anchor(anchor: Anchor): void
  boot(boot: Omit<Boot, 'source'>): void
}

/** Reads the lines of one file. Nothing that stands in a file makes it throw. */
export type LineReader = {
  /** Only lines in which this is found are worth reading, all of them without it. Global; its letters are ASCII. */
  readonly needles?: RegExp
  line(text: string, number: number): void
  end?(): void
}

export type SourceKind = {
  readonly kind: string
  readonly doc: string
  readonly dating: Dating
  /** Lines have no parts of a second. */
  readonly isWholeSeconds?: true
  /** Of a handful of lines: which of them are of this kind. */
  recognises(line: string): boolean
  open(witness: Witness): LineReader
  /** Between two records that a copy has put into one line, where that can be told. */
  readonly between?: RegExp
  /** The same out of a scan, where there is such a reader. */
  readonly noisy?: { recognises(line: string): boolean; open(witness: Witness): LineReader }
}
