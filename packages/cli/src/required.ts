import { MistakesError } from './errors.ts'

/** An option without a default that a command cannot do without, by its name in the options and as it is written. */
export type Required<O> = { readonly [K in keyof O]?: string }

/** The options, none of those missing. @throws {MistakesError} that names all that are. */
export const required = <O extends object, const R extends Required<O>>(
  options: O,
  flags: R,
): O & { [K in keyof R & keyof O]-?: Exclude<O[K], undefined> } => {
  const missing = Object.entries(flags).filter(([name]) => options[name as keyof O] === undefined)
  if (missing.length > 0) throw new MistakesError(missing.map(([, flag]) => `${flag} is missing (CLI_USAGE)`))
  return options as never
}
