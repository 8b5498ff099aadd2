import { nearest } from '@capfkit/codec/options'
import yargs, { type Argv } from 'yargs'
import type { AnyCommand } from '../command.ts'
import { NOUNS, type Noun } from '../commands.ts'
import { CLI_ERRORS, CliError } from '../errors.ts'
import { columnsOf, type Io } from '../io.ts'
import { flagsOf } from './flags.ts'

/** What the command line asks for: a command with what was given, or a text to print. */
export type Parsed =
  | { readonly command: AnyCommand; readonly title: string; readonly argv: Readonly<Record<string, unknown>> }
  | { readonly text: string; readonly isHelp: boolean }

const WORDS = {
  'Not enough arguments following: %s': '--%s needs a value',
  'default:': 'default',
  boolean: 'flag',
} as const

const MAX_COLUMNS = 100

const usageOf = ({ name, words = {} }: AnyCommand) =>
  [
    name,
    ...Object.entries(words).map(([word, { many, optional }]) => {
      const text = many ? `${word}..` : word
      return optional ? `[${text}]` : `<${text}>`
    }),
  ].join(' ')

const titleOf = ({ name }: AnyCommand, noun: string) => (name === noun ? `capf ${noun}` : `capf ${noun} ${name}`)
const usageLine = (command: AnyCommand, noun: string) => (command.name === noun ? usageOf(command) : `${noun} ${usageOf(command)}`)
const aboutOf = ({ doc, details, words = {} }: AnyCommand) => {
  const about = details === undefined ? `${doc}.` : `${doc}. ${details}`
  const rows = Object.entries(words).map(([word, row]) => `  ${word}  ${row.doc}`)
  return rows.length === 0 ? about : `${about}\n\n${rows.join('\n')}`
}

const COMMON = {
  config: {
    describe: 'YAML file with options by the same names. A flag wins over the environment (CAPF_NAME), and that over the file.',
    nargs: 1,
    requiresArg: true,
  },
} as const

const describeCommand = (parser: Argv, command: AnyCommand): Argv => {
  parser.options(flagsOf(command.options)).options(COMMON)
  return parser.epilogue(['Example:', ...command.examples.map(([line, doc]) => `  ${doc}:\n    capf ${line}`)].join('\n'))
}

const unknownCommand = (word: string, known: { names: readonly string[]; title: string }) => {
  const near = nearest(word, known.names)
  const remedy = near ? `did you mean ${near}?` : `see ${known.title} --help`
  return new CliError('CLI_UNKNOWN_COMMAND', { where: `${known.title} ${word}`, remedy })
}

/** yargs splits words into commands, words and flags, and writes the help screens. Checking values is not its business. */
const newParser = (io: Io, usage: string): Argv =>
  yargs()
    .scriptName('capf')
    .locale('en')
    .updateStrings(WORDS)
    .exitProcess(false)
    .version(false)
    .help('help', 'Show this help.')
    .usage('capf <command> [options]')
    .wrap(Math.min(columnsOf(io.stdout), MAX_COLUMNS))
    .showHelpOnFail(false)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
    })
    .fail((message: string | undefined, error: Error | undefined) => {
      // yargs passes on what an inner call of this function threw.
      if (error?.name === 'CliError') throw error
      const words = message ?? error?.message ?? CLI_ERRORS.CLI_USAGE.what
      const detail = words.startsWith('Not enough non-option') ? 'a word is missing' : words
      throw new CliError('CLI_USAGE', { detail, remedy: `the command is: ${usage}` })
    })

type Choice = { command?: AnyCommand; title?: string; argv?: Readonly<Record<string, unknown>> }

const addCommand = (parser: Argv, what: { command: AnyCommand; noun: string; choice: Choice }): Argv => {
  const { command, noun, choice } = what
  const title = titleOf(command, noun)
  return parser.command(
    usageOf(command),
    command.doc,
    inner => describeCommand(inner.usage(`capf ${usageLine(command, noun)} [options]\n\n${aboutOf(command)}`), command),
    argv => {
      const given = Object.fromEntries(Object.entries(argv).map(([name, value]) => [name, withDash(value)]))
      Object.assign(choice, { command, title, argv: given })
    },
  )
}

/** Stands for `-`, which yargs loses among several words: nothing that could be given. */
const DASH = '\u0000'

const withDash = (value: unknown): unknown => (Array.isArray(value) ? value.map(withDash) : value === DASH ? '-' : value)

const usualWords = (noun: Noun): string => ('usual' in noun ? `\n\nWithout a command: ${noun.usual}.` : '')

/** Whether what follows a noun belongs to its usual verb: a flag, a file, or nothing; but a verb may be misspelt. */
const isUsual = (word: string | undefined, commands: readonly AnyCommand[]): boolean => {
  const names = commands.map(({ name }) => name)
  return word === undefined || (word.startsWith('-') ? word !== '--help' : nearest(word, names) === undefined)
}

/** @throws {CliError} `CLI_UNKNOWN_COMMAND`, `CLI_USAGE`. */
export const parse = async (args: readonly string[], io: Io): Promise<Parsed> => {
  const choice: Choice = {}
  const [word, verb] = args
  // yargs looks names up in plain objects, where these are something else.
  const inherited = args.find(arg => /^--/.test(arg) && arg.replace(/^--(?:no-)?/, '').split('=', 1)[0]! in Object.prototype)
  if (inherited !== undefined) throw new CliError('CLI_USAGE', { where: inherited, detail: 'there is no such option' })
  if (word?.startsWith('-') && word !== '--help')
    throw new CliError('CLI_USAGE', { where: word, detail: 'the command comes before its options', remedy: 'see capf --help' })
  if (word !== undefined && word !== '--help' && !Object.hasOwn(NOUNS, word))
    throw unknownCommand(word, { names: Object.keys(NOUNS), title: 'capf' })
  const noun = word === undefined ? undefined : NOUNS[word]
  // Only what is asked for is loaded.
  const commands = noun === undefined ? [] : 'load' in noun ? (await noun.load()).commands : (await noun.verbs()).commands
  const named = commands.find(({ name }) => name === verb)
  if (noun && 'usual' in noun && !named && isUsual(verb, commands)) return parse([word!, noun.usual!, ...args.slice(1)], io)
  if (noun && 'verbs' in noun && verb !== undefined && !verb.startsWith('-') && !named)
    throw unknownCommand(verb, { names: commands.map(({ name }) => name), title: `capf ${word}` })
  const known = named ?? commands[0]
  const parser = newParser(io, known && word ? `capf ${usageLine(known, word)}` : 'capf <command>')
  for (const [name, { doc }] of Object.entries(NOUNS)) {
    if (name !== word) parser.command(name, doc)
    else if ('load' in NOUNS[name]!) addCommand(parser, { command: commands[0]!, noun: name, choice })
    else
      parser.command(name, doc, inner => {
        inner.usage(`capf ${name} <command> [options]\n\n${doc}.${usualWords(noun!)}`)
        for (const command of commands) addCommand(inner, { command, noun: name, choice })
        return inner
      })
  }
  let text = ''
  await parser.parseAsync(
    args.map(arg => (arg === '-' ? DASH : arg)),
    {},
    (_error: unknown, _argv: unknown, output: string) => {
      text = output
    },
  )
  const { command, title, argv } = choice
  if (command && title !== undefined && argv && text === '') return { command, title, argv }
  if (text !== '') return { text, isHelp: true }
  // A noun without a verb, or nothing at all: show what there is.
  const help = await parse([...args.filter(arg => !arg.startsWith('-')), '--help'], io)
  return 'text' in help ? { ...help, isHelp: false } : help
}
