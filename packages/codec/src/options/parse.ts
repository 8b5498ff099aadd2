import { OptionError, type OptionProblem } from './errors.ts'
import type { OptionRow, OptionsOf, OptionTable } from './rows.ts'

const show = (row: OptionRow, value: unknown) => {
  if (row.secret) return 'a secret'
  // JSON would say null for NaN and refuse a bigint.
  return typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value)
}

type Complaint = { name: string; row: OptionRow; value: unknown; issues: readonly { code?: string; message: string }[] }

/** What is wrong with a value; a function that reads text says so itself. */
export const complaint = ({ name, row, value, issues }: Complaint): OptionProblem => {
  const own = issues.find(({ code }) => code === 'custom')
  if (own) return { code: 'CONFIG_OUT_OF_RANGE', name, sentence: `${name} ${own.message}` }
  const unit = row.unit ? ` ${row.unit}` : ''
  const wanted = row.range ? `${row.range}${unit}` : `a ${row.kind}${unit}`
  const code = row.range && typeof value === row.kind ? 'CONFIG_OUT_OF_RANGE' : 'CONFIG_WRONG_TYPE'
  return { code, name, sentence: `${name} must be ${wanted}, got ${show(row, value)}` }
}

/**
 * Check given values against a table and fill in its defaults.
 *
 * @param given  values by option name; `undefined` counts as not given.
 * @throws {OptionError} that lists every mistake at once, unknown names included.
 */
export const parseOptions = <T extends OptionTable>(table: T, given: Readonly<Record<string, unknown>> = {}): OptionsOf<T> => {
  const problems: OptionProblem[] = []
  for (const name of Object.keys(given))
    if (!Object.hasOwn(table, name) && given[name] !== undefined)
      problems.push({
        code: 'CONFIG_UNKNOWN',
        name,
        sentence: `${name} is not an option here; known are ${Object.keys(table).join(', ')}`,
      })
  const values: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(table)) {
    const result = row.schema.safeParse(given[name])
    if (result.success) values[name] = result.data
    else problems.push(complaint({ name, row, value: given[name], issues: result.error.issues }))
  }
  if (problems.length > 0) throw new OptionError(problems)
  return values as OptionsOf<T>
}
