import { OptionError, type OptionTable } from '@capfkit/codec/options'

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/

/**
 * Read `latencyMs=50,jitter=normal` into values for a table; they are checked by it later.
 *
 * @throws {OptionError} for a word without `=`, a name that stands twice, or one that the table does not have.
 */
export const parseAssignments = (words: string, { table, name }: { table: OptionTable; name: string }): Record<string, unknown> => {
  const fail = (sentence: string): never => {
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name, sentence: `${name} ${sentence}` }])
  }
  const values: Record<string, unknown> = {}
  for (const part of words.split(',').filter(part => part.trim() !== '')) {
    const [key = '', ...rest] = part.split('=').map(word => word.trim())
    const value = rest.join('=')
    if (rest.length === 0 || value === '') fail(`wants PARAMETER=VALUE, got ${JSON.stringify(part)}`)
    if (!Object.hasOwn(table, key)) fail(`has no parameter ${JSON.stringify(key)}; known are ${Object.keys(table).join(', ')}`)
    if (Object.hasOwn(values, key)) fail(`has ${key} twice`)
    values[key] = table[key]?.kind === 'number' && NUMBER.test(value) ? Number(value) : value
  }
  return values
}
