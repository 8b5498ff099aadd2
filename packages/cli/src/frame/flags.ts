import type { OptionRow, OptionTable } from '@capfkit/codec/options'
import type { Options } from 'yargs'
import { environmentName, flagName } from './names.ts'

/** Said of text that may be anything: not worth a word. */
const NO_RANGE = 'text that is not empty'

/** Range, unit and default in brackets: `(1..600000 ms, default 10000)`. */
const bounds = ({ range, unit, default: value }: OptionRow) => {
  const values = range === undefined || range === NO_RANGE ? undefined : `${range}${unit ? ` ${unit}` : ''}`
  const isSaid = value === undefined || value === '' || typeof value === 'boolean'
  const parts = [values, isSaid ? undefined : `default ${value}`].filter(part => part !== undefined)
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}

const describe = (name: string, row: OptionRow) =>
  [
    row.doc + bounds(row),
    row.kind === 'list' ? 'Can be given several times.' : undefined,
    row.default === true ? `On by default; --no-${flagName(name)} switches it off.` : undefined,
    row.secret
      ? `Better in a file, or in the environment as ${environmentName(name)}: others can see the command line.`
      : undefined,
    row.unsafe && `UNSAFE: ${row.unsafe}.`,
  ]
    .filter(part => part !== undefined)
    .join(' ')
    .replace(/\.\.$/, '.')

/**
 * A table of options as yargs options. yargs only splits the command line: values stay text (`nargs`, no type), so that
 * `0012` stays what it is, and `readOptions` checks them against the table.
 */
export const flagsOf = (table: OptionTable): Record<string, Options> => {
  const flags: Record<string, Options> = {}
  for (const [name, row] of Object.entries(table)) {
    const options: Options = { describe: describe(name, row) }
    flags[flagName(name)] = row.kind === 'boolean' ? { ...options, type: 'boolean' } : { ...options, nargs: 1, requiresArg: true }
    if (row.secret)
      flags[`${flagName(name)}-file`] = { describe: `File whose first line is --${flagName(name)}.`, nargs: 1, requiresArg: true }
  }
  return flags
}
