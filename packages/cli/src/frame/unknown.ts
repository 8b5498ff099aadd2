import { nearest } from '@capfkit/codec/options'
import type { AnyCommand } from '../command.ts'
import { flagsOf } from './flags.ts'

export type Argv = Readonly<Record<string, unknown>>

/** Flags and words that the command does not know, a sentence each. */
export const unknownIn = (argv: Argv, { command, title }: { command: AnyCommand; title: string }): string[] => {
  const flags = [...Object.keys(flagsOf(command.options)), 'config', 'help']
  const known = new Set(['_', '$0', ...flags, ...Object.keys(command.words ?? {})])
  const lines: string[] = []
  for (const name of Object.keys(argv)) {
    if (known.has(name)) continue
    const near = nearest(name, flags)
    const flag = name.length === 1 ? `-${name}` : `--${name}`
    lines.push(
      `${flag} is not an option of ${title}${near ? `; did you mean --${near}?` : `; see ${title} --help`} (CONFIG_UNKNOWN)`,
    )
  }
  const extra = (argv._ as readonly string[]).slice(title.split(' ').length - 1)
  for (const word of extra) lines.push(`${JSON.stringify(word)} is one word too many for ${title} (CLI_USAGE)`)
  return lines
}

/** `--flag=maybe`: yargs makes `false` of it, so such values are taken from the command line itself. */
export const booleanTexts = (args: readonly string[], { options }: AnyCommand): Record<string, string> => {
  const texts: Record<string, string> = {}
  const booleans = new Set(Object.entries(flagsOf(options)).flatMap(([flag, { type }]) => (type === 'boolean' ? [flag] : [])))
  for (const arg of args) {
    if (arg === '--') break
    const [, flag, text] = /^--([^=]+)=(.*)$/s.exec(arg) ?? []
    if (flag !== undefined && text !== undefined && booleans.has(flag)) texts[flag] = text
  }
  return texts
}
