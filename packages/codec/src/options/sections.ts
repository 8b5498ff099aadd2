import type { OptionRow } from './rows.ts'

/** Says what of the values of a section does not fit together; asked when everything that it is about is right by itself. */
export interface SectionRule {
  /** The keys that it is about; the first of them that is there is the place of the mistake. */
  readonly of: readonly string[]
  /** The sentence goes on behind the path of the section: `wants a time in for`. `given`: the keys that stand there. */
  wrong(values: Readonly<Record<string, unknown>>, given: ReadonlySet<string>): string | undefined
}

interface Shared {
  readonly doc: string
  /** A single value that stands for the whole: `p99 < 500ms` for a section with metric, comparison and value. */
  readonly short?: OptionRow
  /** Not there is `undefined`, instead of a section of defaults. */
  readonly optional?: true
}

/** Names, each with a row of its own. */
export interface SectionRow<T = DocumentTable> extends Shared {
  readonly kind: 'section'
  readonly rows: T
  readonly rules?: readonly SectionRule[]
}

/** Several of one kind, in order. */
export interface ManyRow<R = DocumentRow> extends Shared {
  readonly kind: 'many'
  readonly item: R
  readonly most: number
  /** A key of the items, which are sections: no two of them may say the same there. */
  readonly unique?: string
}

/** Some names of a list, each with a value of one kind. */
export interface NamedRow<N extends string = string, R = DocumentRow> extends Shared {
  readonly kind: 'named'
  readonly names: readonly N[]
  readonly item: R
  /** What is wrong with the whole when each is right by itself; the sentence goes on behind its path. */
  wrong?(values: Readonly<Record<string, unknown>>): string | undefined
}

export type DocumentRow = OptionRow | SectionRow | ManyRow | NamedRow

/** What may stand in a document or in a section of one, by name. */
export interface DocumentTable {
  readonly [name: string]: DocumentRow
}

type Maybe<R> = R extends { readonly optional: true } ? undefined : never

/** The value of a row after reading. Derived, never written by hand. */
export type ValueOf<R> = R extends { readonly kind: 'section'; readonly rows: infer T }
  ? ValuesOf<T> | Maybe<R>
  : R extends { readonly kind: 'many'; readonly item: infer I }
    ? ValueOf<I>[]
    : R extends { readonly kind: 'named'; readonly names: readonly (infer N extends string)[]; readonly item: infer I }
      ? { [K in N]?: ValueOf<I> } | Maybe<R>
      : R extends OptionRow<infer V>
        ? V
        : never

/** The values of a table after reading, e.g. `{ name: string; arrivals: { rate: number | undefined; … } }`. */
export type ValuesOf<T> = { -readonly [K in keyof T]: ValueOf<T[K]> }

/** State a section; `short` must read to what the section itself reads to. */
export const section = <const T extends DocumentTable, const R extends Omit<SectionRow<T>, 'kind'>>(row: R & { rows: T }) =>
  ({ kind: 'section', ...row }) as const

export const many = <const I extends DocumentRow, const R extends Omit<ManyRow<I>, 'kind'>>(row: R & { item: I }) =>
  ({ kind: 'many', ...row }) as const

export const named = <const N extends string, const I extends DocumentRow, const R extends Omit<NamedRow<N, I>, 'kind'>>(
  row: R & { names: readonly N[]; item: I },
) => ({ kind: 'named', ...row }) as const

export const isOption = (row: DocumentRow): row is OptionRow => !['section', 'many', 'named'].includes(row.kind)
