import type { OptionTable } from '@capfkit/codec/options'
import type { AnyCommand, Context, Positionals } from './command.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { flagName } from './frame/names.ts'
import { type Parsed, parse } from './frame/parser.ts'
import { readOptions } from './frame/read-options.ts'
import { booleanTexts, unknownIn } from './frame/unknown.ts'
import { type Io, note, painter, print } from './io.ts'
import { reportError } from './report-error.ts'
import { version } from './version.ts'

/** What switching an option on costs is said each time that it is on. */
const warnUnsafe = (io: Io, { options }: AnyCommand, values: Readonly<Record<string, unknown>>) => {
  for (const [name, row] of Object.entries(options))
    if (row.unsafe && values[name] !== undefined && values[name] !== row.default)
      note(io, `${painter(io.stderr, io)('yellow', 'warning')}: --${flagName(name)}: ${row.unsafe}`)
}

const execute = async (
  args: readonly string[],
  io: Io,
  { command, title, argv }: Extract<Parsed, { command: unknown }>,
): Promise<ExitCode> => {
  const { options: table } = command
  const lines = unknownIn(argv, { command, title })
  const flags = { ...argv, ...booleanTexts(args, command) }
  const { options, given } = await readOptions({ table, flags, env: io.env, title, lines })
  warnUnsafe(io, command, options)
  const words = Object.fromEntries(
    // yargs leaves out a list of words that is optional and not there.
    Object.entries(command.words ?? {}).map(([word, { many }]) => [word, argv[word] ?? (many ? [] : undefined)]),
  )
  const context: Context<OptionTable, Positionals> = { options, given, words: words as Record<string, never>, io }
  return (await command.run(context as never)) ?? EXIT.pass
}

/**
 * The program `capf`: parse, wire, print. Never throws.
 *
 * @param args  the command line after the program's name.
 * @returns the exit code.
 */
export const main = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  try {
    if (args[0] === '--version') {
      print(io, version())
      return EXIT.pass
    }
    const parsed = await parse(args, io)
    if ('command' in parsed) return await execute(args, io, parsed)
    const { text, isHelp } = parsed
    ;(isHelp ? io.stdout : io.stderr).write(`${text}\n`)
    return isHelp ? EXIT.pass : EXIT.usage
  } catch (error) {
    return reportError(error, io)
  }
}
