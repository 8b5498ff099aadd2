import { nearest, OptionError, type OptionsOf, type OptionTable, parseOptions } from '@capfkit/codec/options'
import { MistakesError } from '../errors.ts'
import { readSecret } from '../files.ts'
import { readConfigFile } from './config-file.ts'
import { environmentName, flagName } from './names.ts'

/** Values from one place, with what each of them is called there. */
type Source = { readonly values: Record<string, unknown>; readonly called: Map<string, string> }

export type Given = {
  readonly table: OptionTable
  /** What yargs made of the command line, by flag. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** `capf server start`, for sentences. */
  readonly title: string
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/
const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ true: true, false: false, '1': true, '0': false, on: true, off: false }),
)

/** Text from the command line or the environment as the kind of its option; what does not fit stays text, to be complained of. */
const fromText = (kind: string | undefined, text: unknown): unknown => {
  if (typeof text !== 'string') return text
  if (kind === 'number' && NUMBER.test(text)) return Number(text)
  if (kind === 'boolean') return BOOLEANS.get(text.toLowerCase()) ?? text
  return text
}

const newSource = (): Source => ({ values: {}, called: new Map() })

const put = (source: Source, entry: { name: string; value: unknown; called: string }) => {
  source.values[entry.name] = entry.value
  source.called.set(entry.name, entry.called)
}

const fromFlags = async ({ table, flags }: Given, lines: string[]): Promise<Source> => {
  const source = newSource()
  for (const [name, row] of Object.entries(table)) {
    const flag = flagName(name)
    const value = flags[flag]
    if (Array.isArray(value) && row.kind !== 'list')
      lines.push(`--${flag} is given ${value.length} times; give it once (CONFIG_WRONG_TYPE)`)
    else if (value !== undefined) put(source, { name, value: fromText(row.kind, value), called: `--${flag}` })
    const file = row.secret ? flags[`${flag}-file`] : undefined
    if (typeof file !== 'string') continue
    if (value !== undefined) lines.push(`--${flag} and --${flag}-file are both given; give one of them (CONFIG_WRONG_TYPE)`)
    put(source, { name, value: await readSecret(file), called: `--${flag}-file ${file}` })
  }
  return source
}

const fromEnvironment = ({ table, env }: Given): Source => {
  const source = newSource()
  for (const [name, row] of Object.entries(table)) {
    const called = environmentName(name)
    const text = env[called]
    // An empty variable counts as not set.
    if (text) put(source, { name, value: row.kind === 'list' ? text.split(',') : fromText(row.kind, text), called })
  }
  return source
}

const fromConfig = async ({ table, title }: Given, config: { file: string; lines: string[] }): Promise<Source> => {
  const source = newSource()
  for (const { name, value, written, where } of await readConfigFile(config.file)) {
    const row = Object.hasOwn(table, name) ? table[name] : undefined
    if (row) put(source, { name, value: row.kind === 'number' || row.kind === 'boolean' ? value : written, called: where })
    else {
      const near = nearest(name, Object.keys(table))
      config.lines.push(`${where} is not an option of ${title}${near ? `; did you mean ${near}?` : ''} (CONFIG_UNKNOWN)`)
    }
  }
  return source
}

/** What is wrong with the values of one place, in its own words. */
const check = (table: OptionTable, { values, called }: Source): string[] => {
  try {
    parseOptions(table, values)
    return []
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    return error.problems.map(({ name, sentence, code }) => {
      const words = sentence.startsWith(name) ? `${called.get(name) ?? name}${sentence.slice(name.length)}` : sentence
      return `${words} (${code})`
    })
  }
}

/**
 * Values of a command from its flags, else the environment, else its option file, else the defaults of the table.
 *
 * @returns the values, and the names of those that are not defaults of the table.
 * @throws {MistakesError} every mistake in all three places at once.
 */
export const readOptions = async <T extends OptionTable>(
  given: Given & { table: T; lines: string[] },
): Promise<{ options: OptionsOf<T>; given: ReadonlySet<string> }> => {
  const { table, lines, env, flags } = given
  const file = flags.config ?? (env.CAPF_CONFIG || undefined)
  if (Array.isArray(file)) throw new MistakesError(['--config is given several times; give it once (CONFIG_WRONG_TYPE)'])
  const sources = [await fromFlags(given, lines), fromEnvironment(given)]
  if (typeof file === 'string') sources.push(await fromConfig(given, { file, lines }))
  for (const source of sources) lines.push(...check(table, source))
  if (lines.length > 0) throw new MistakesError(lines)
  const [fromFlag, fromEnv, fromFile] = sources.map(({ values }) => values)
  const values = { ...fromFile, ...fromEnv, ...fromFlag }
  return { options: parseOptions(table, values), given: new Set(Object.keys(values)) }
}
