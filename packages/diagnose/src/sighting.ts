/** What stood in the places of a line. */
export type Values = Readonly<Record<string, string>>

/** Something that a line of a source says, by the name that rules know it by. */
export type Sighting = {
  readonly clue: string
  /** Index of the source. */
  readonly source: number
  /** From 1. */
  readonly line: number
  /** The line as it stands, cut to a bearable length. */
  readonly text: string
  /**
   * On the clock of its source, ms: since 1970 as if its zone were UTC, or since some midnight where lines have no date.
   */
  readonly at?: number
  readonly device?: string
  readonly values: Values
}

/** A moment that another source sees as well, from which clocks are compared. */
export type Anchor = { readonly key: string; readonly at: number; readonly device?: string }

/** A phone has started. */
export type Boot = Pick<Sighting, 'source' | 'line' | 'text'> & {
  readonly at: number
  /** It took a trust list in the place of another one. */
  readonly hasOtherList: boolean
  readonly asksCapf: boolean
}

/** How much of a moment lines of a source give: `day` lacks the year, `time` the date. */
export type Dating = 'full' | 'day' | 'time'

const MAX_TEXT = 400

/** A copy: a piece of a line holds all of it in memory. */
export const detached = (text: string): string => Buffer.from(text).toString()

/** A line, or the beginning of a long one. */
export const literal = (text: string): string => (text.length <= MAX_TEXT ? text : `${detached(text.slice(0, MAX_TEXT))}…`)

/** What the servers do when all is well: the CA lets the registration authority in; a phone gets a certificate. */
export type Milestone = 'loggedIn' | 'served'
