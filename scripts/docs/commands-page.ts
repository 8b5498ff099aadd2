import { type AnyCommand, NOUNS } from '../../packages/cli/src/index.ts'
import type { OptionTable } from '../../packages/codec/src/options/index.ts'
import { EST_CLIENT_OPTIONS, EST_SERVER_OPTIONS } from '../../packages/est/src/index.ts'
import { FLEET_OPTIONS } from '../../packages/fleet/src/index.ts'
import { BOOT_OPTIONS, PHONE_OPTIONS } from '../../packages/phone/src/index.ts'
import { SERVER_OPTIONS } from '../../packages/server/src/index.ts'
import { FILE_SERVER_OPTIONS } from '../../packages/tftp/src/index.ts'
import { TVS_OPTIONS } from '../../packages/tvs/src/index.ts'
import { optionRows } from './config-page.ts'
import { code, GENERATED, page, table } from './markdown.ts'

const ELSEWHERE = [
  { title: 'server', options: SERVER_OPTIONS as OptionTable },
  { title: 'tvs', options: TVS_OPTIONS as OptionTable },
  { title: 'files', options: FILE_SERVER_OPTIONS as OptionTable },
  { title: 'est-server', options: EST_SERVER_OPTIONS as OptionTable },
  { title: 'est-client', options: EST_CLIENT_OPTIONS as OptionTable },
  { title: 'phone', options: PHONE_OPTIONS as OptionTable },
  { title: 'boot', options: BOOT_OPTIONS as OptionTable },
  { title: 'fleet', options: FLEET_OPTIONS as OptionTable },
]

const wordsOf = ({ words = {} }: AnyCommand): string[] =>
  Object.entries(words).map(([word, { many, optional }]) => {
    const text = many ? `${word.toUpperCase()}…` : word.toUpperCase()
    return optional ? `[${text}]` : text
  })

/** The options of a command: its own as a table, those of a whole package as a link. */
const optionParts = ({ options }: AnyCommand): string[] => {
  const whole = ELSEWHERE.filter(({ options: all }) => Object.entries(all).every(([name, row]) => options[name] === row))
  const own = Object.entries(options).filter(([name, row]) => !whole.some(({ options: all }) => all[name] === row))
  return [
    ...whole.map(({ title }) => `All options of the [${title}](config.md#${title})${own.length > 0 ? ', and' : '.'}`),
    ...(own.length > 0 ? [optionRows(Object.fromEntries(own))] : []),
  ]
}

const section = (noun: string, command: AnyCommand): string[] => {
  const title = ['capf', noun, ...(command.name === noun ? [] : [command.name])].join(' ')
  const words = Object.entries(command.words ?? {})
  return [
    `### ${title}`,
    `${command.doc}.${command.details === undefined ? '' : ` ${command.details}`}`,
    `\`\`\`sh\n${[title, ...wordsOf(command), '[options]'].join(' ')}\n\`\`\``,
    ...(words.length > 0
      ? [
          table(
            ['word', 'means'],
            words.map(([word, { doc }]) => [code(word.toUpperCase()), doc]),
          ),
        ]
      : []),
    ...optionParts(command),
    ...command.examples.map(([line, doc]) => `${doc}:\n\n\`\`\`sh\ncapf ${line}\n\`\`\``),
  ]
}

export const commandsPage = async (): Promise<string> => {
  const parts: string[] = []
  for (const [name, noun] of Object.entries(NOUNS)) {
    const { commands } = 'load' in noun ? await noun.load() : await noun.verbs()
    const usual = 'usual' in noun ? ` Without a verb: ${code(noun.usual)}.` : ''
    parts.push(`## ${name}`, `${noun.doc}.${usual}`, ...commands.flatMap(command => section(name, command)))
  }
  return page([
    '# Commands',
    GENERATED,
    'In a checkout `npx -y pnpm@10 capf …` runs them. Every command has `--help` and `--config FILE.yaml`. Results go to stdout, everything else to stderr; [errors.md](errors.md) has the exit codes and [config.md](config.md) what all options have in common.',
    ...parts,
  ])
}
