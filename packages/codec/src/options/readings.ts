import { z } from 'zod'
import { formatTime, parsePercent, parseRate, parseTime } from './quantities.ts'
import type { OptionRow } from './rows.ts'

type Words = { doc: string; range: string; unit?: string; unsafe?: string }

type Reading<T> = Words & {
  /** What it throws is said of the value: `wants a time such as 30s, got "30"`. */
  read(text: string): T
  /** A number is read as it is written. */
  numbers?: true
}

const schemaOf = <T>({ read, numbers }: Reading<T>): z.ZodType<T> => {
  const text = numbers ? z.union([z.string(), z.number()]) : z.string()
  return text.transform((given, context): T => {
    try {
      return read(String(given))
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      return z.NEVER
    }
  }) as unknown as z.ZodType<T>
}

const words = ({ doc, range, unit, unsafe }: Words) => ({
  ...({ kind: 'string', doc, range } as const),
  ...(unit === undefined ? {} : { unit }),
  ...(unsafe === undefined ? {} : { unsafe }),
})

/** Text that a function reads, and that must be there. */
export const requiredReading = <T>(row: Reading<T>): OptionRow<T> => ({ schema: schemaOf(row), ...words(row) })

/** Text that a function reads; `undefined` where it is left out. */
export const optionalReading = <T>(row: Reading<T>): OptionRow<T | undefined> => ({
  schema: schemaOf(row).optional(),
  ...words(row),
})

/** Text that a function reads; `written` is read where it is left out. */
export const reading = <T>(row: Reading<T> & { written: string }): OptionRow<T> => ({
  schema: z.unknown().default(row.written).pipe(schemaOf(row)) as z.ZodType<T>,
  ...words(row),
  // As it is written, because that is what people read.
  default: row.written as T,
})

type Bounds = { min: number; max: number }

const within = (value: number, { min, max, show }: Bounds & { show: (value: number) => string }): number => {
  if (value < min || value > max) throw new RangeError(`must be ${show(min)}..${show(max)}, got ${show(value)}`)
  return value
}

type Bounded = { doc: string } & Bounds

const timeRow = ({ doc, ...bounds }: Bounded) => ({
  doc,
  range: 'TIME',
  read: (text: string) => within(parseTime(text), { ...bounds, show: formatTime }),
})

/** A time such as `30s`, in ms; so are its bounds. */
export const optionalTime = (row: Bounded): OptionRow<number | undefined> => optionalReading(timeRow(row))
export const time = (row: Bounded & { written: string }): OptionRow<number> => reading({ ...timeRow(row), written: row.written })

const percentOf = (share: number) => `${Number((share * 100).toPrecision(12))}%`

/** A share such as `30%`, as a number of 0..1; so are its bounds. */
export const percent = ({ doc, written, ...bounds }: Bounded & { written: string }): OptionRow<number> =>
  reading({ doc, written, range: 'PERCENT%', read: text => within(parsePercent(text), { ...bounds, show: percentOf }) })

/** A number by second such as `50`, `50/s`, `30/m`; so are its bounds. */
export const optionalRate = ({ doc, ...bounds }: Bounded): OptionRow<number | undefined> =>
  optionalReading({
    ...{ doc, range: 'NUMBER/s | NUMBER/m | NUMBER/h', numbers: true },
    read: text => within(parseRate(text), { ...bounds, show: value => `${value}/s` }),
  })

/** A whole number that may be left out. */
export const optionalInt = ({ doc, unit, min, max }: Bounded & { unit?: string }): OptionRow<number | undefined> => ({
  schema: z.number().int().min(min).max(max).optional(),
  ...{ kind: 'number', range: `${min}..${max}`, doc },
  ...(unit === undefined ? {} : { unit }),
})

/** A number, not only a whole one. */
export const number = ({ doc, min, max, default: value }: Bounded & { default: number }): OptionRow<number> => ({
  schema: z.number().min(min).max(max).default(value),
  ...{ kind: 'number', range: `${min}..${max}`, default: value, doc },
})
