import { flag, type OptionsOf, type OptionTable } from '@capfkit/codec/options'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

/** A word of the command line that is not a flag. */
export type Positional = { readonly doc: string; readonly many?: true; readonly optional?: true }
export type Positionals = Readonly<Record<string, Positional>>

type ValueOf<P extends Positional> = P extends { many: true }
  ? readonly string[]
  : P extends { optional: true }
    ? string | undefined
    : string
export type PositionalsOf<P extends Positionals> = { readonly [K in keyof P]: ValueOf<P[K]> }

/** What a command works with: checked values, and the world. */
export type Context<T extends OptionTable, P extends Positionals> = {
  readonly options: OptionsOf<T>
  /** The names of the options that are not defaults: from a flag, the environment or an option file. */
  readonly given: ReadonlySet<string>
  readonly words: PositionalsOf<P>
  readonly io: Io
}

/** One command: `--help`, `docs/` and the parser walk this; `run` wires and prints, the doing is in the packages below. */
export type Command<T extends OptionTable = OptionTable, P extends Positionals = Positionals> = {
  /** The verb, or the noun of a command that has no verbs. */
  readonly name: string
  /** One line, without a full stop. */
  readonly doc: string
  /** Further sentences for its own help screen. */
  readonly details?: string
  /** Command lines that work, without `capf`, and what they do. */
  readonly examples: readonly (readonly [line: string, doc: string])[]
  readonly words?: P
  readonly options: T
  /** The exit code; nothing means that all went well. */
  run(context: Context<T, P>): Promise<ExitCode | undefined>
}

/** A command whose options and words only its own `run` knows. */
export type AnyCommand = Omit<Command, 'run'> & { run(context: never): Promise<ExitCode | undefined> }

/** States a command so that `run` gets its options and words by type. */
export const command = <const T extends OptionTable, const P extends Positionals = Record<never, never>>(
  stated: Command<T, P>,
): AnyCommand => stated

/** For every command that prints a result. */
export const JSON_OPTION = {
  json: flag({ default: false, doc: 'Print the result as JSON, one object or one a line.' }),
} as const
