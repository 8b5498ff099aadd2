import { z } from 'zod'

/** One option: how a value is checked, and what flags, `--help` and `docs/config.md` say of it. */
export type OptionRow<T = unknown> = {
  /** Checks one value and fills the default in. */
  readonly schema: z.ZodType<T>
  readonly kind: 'number' | 'string' | 'boolean' | 'list'
  /** Unit of the value, in words: `ms`, `bytes`, `TCP port`. */
  readonly unit?: string
  /** Allowed values in words, e.g. `512..4096` or `rsa | ec`. */
  readonly range?: string
  readonly default?: T
  readonly doc: string
  /** What switching it on costs, where that is not plain: legacy TLS, null string. */
  readonly unsafe?: string
  /** Never print the value. */
  readonly secret?: true
}

export type OptionTable = Readonly<Record<string, OptionRow>>

/** The values of a table after {@link parseOptions}: `{ port: number, … }`. */
export type OptionsOf<T extends OptionTable> = { [K in keyof T]: T[K] extends OptionRow<infer V> ? V : never }

type Words = { doc: string; unit?: string; unsafe?: string; secret?: true }

const rest = ({ doc, unit, unsafe, secret }: Words) => ({
  doc,
  ...(unit === undefined ? {} : { unit }),
  ...(unsafe === undefined ? {} : { unsafe }),
  ...(secret === undefined ? {} : { secret }),
})

/** A whole number between `min` and `max`, both included. */
export const int = (row: Words & { default: number; min: number; max: number }): OptionRow<number> => ({
  schema: z.number().int().min(row.min).max(row.max).default(row.default),
  kind: 'number',
  range: `${row.min}..${row.max}`,
  default: row.default,
  ...rest(row),
})

export const flag = (row: Words & { default: boolean }): OptionRow<boolean> => ({
  schema: z.boolean().default(row.default),
  kind: 'boolean',
  default: row.default,
  ...rest(row),
})

export const oneOf = <const T extends string>(row: Words & { default: T; values: readonly T[] }): OptionRow<T> => ({
  schema: z.enum(row.values).default(row.default as never) as unknown as z.ZodType<T>,
  kind: 'string',
  range: row.values.join(' | '),
  default: row.default,
  ...rest(row),
})

type Pattern = { pattern?: RegExp; range?: string }

/** What the text must be, in words: a mistake is told with it, so a pattern without words is told as it is. */
const textRange = ({ pattern, range = pattern && `text like ${pattern.source}` }: Pattern) => (range === undefined ? {} : { range })

/** Text with a default. */
export const text = (row: Words & Pattern & { default: string }): OptionRow<string> => ({
  schema: (row.pattern ? z.string().regex(row.pattern) : z.string()).default(row.default),
  kind: 'string',
  default: row.default,
  ...textRange(row),
  ...rest(row),
})

/** Text that may be left out, but not empty. */
export const optionalText = (row: Words & Pattern): OptionRow<string | undefined> => ({
  schema: (row.pattern ? z.string().regex(row.pattern) : z.string().min(1)).optional(),
  kind: 'string',
  ...textRange(row.pattern ? row : { range: 'text that is not empty', ...row }),
  ...rest(row),
})

/** Several texts; one alone counts as a list of one. */
export const textList = (row: Words): OptionRow<readonly string[]> => ({
  schema: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform(value => (typeof value === 'string' ? [value] : value)),
  kind: 'list',
  ...rest(row),
})
