import {
  OptionError,
  optionalInt,
  optionalReading,
  optionalText,
  parseOptions,
  parsePercent,
  percent,
} from '@capfkit/codec/options'
import { parseAssignments } from '@capfkit/phone'

const PHONES = optionalText({
  pattern: /^[\w.*?-]{1,64}$/,
  range: 'a device name with * and ?',
  doc: 'Only devices of such names, such as SEP02*.',
})

const SHARE = percent({
  written: '100%',
  min: 0,
  max: 1,
  doc: 'Share of those phones, drawn from the seed: the same phones in the whole run.',
})

const chance = (text: string): number => {
  const share = parsePercent(text)
  if (share > 1) throw new RangeError(`must be 0%..100%, got ${JSON.stringify(text)}`)
  return share
}

/** Who is in a group. */
export const GROUP_OPTIONS = { phones: PHONES, share: SHARE } as const

/** Who misbehaves, and in which of their operations; without one of the last three in all. */
export const RULE_OPTIONS = {
  ...GROUP_OPTIONS,
  phase: optionalText({ pattern: /^.{1,80}$/, range: 'the name of a phase', doc: 'Only in the phases of this name.' }),
  probability: optionalReading({
    range: 'PERCENT%',
    read: chance,
    doc: 'In so many of their operations, drawn from the seed.',
  }),
  every: optionalInt({
    min: 1,
    max: 1_000_000_000,
    unit: 'operations',
    doc: 'In each n-th of their operations, counted in the order of the plan.',
  }),
  next: optionalInt({
    min: 1,
    max: 1_000_000_000,
    unit: 'operations',
    doc: 'In the first n of their operations in a phase, counted in the order of the plan.',
  }),
} as const

/** The ways to choose operations; each excludes the others. */
export const CHOICES = ['probability', 'every', 'next'] as const

/** @throws {OptionError} when more than one of {@link CHOICES} is there. */
export const checkChoice = (values: Readonly<Record<string, unknown>>): void => {
  const stated = CHOICES.filter(name => values[name] !== undefined)
  if (stated.length < 2) return
  const sentence = `${stated.join(' and ')} exclude each other`
  throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: stated[1]!, sentence }])
}

type Table = typeof GROUP_OPTIONS | typeof RULE_OPTIONS

/** What stands behind the first `;`, by the names of a table. @throws {OptionError} */
export const readClauses = <T extends Table>(clauses: readonly string[], { table, name }: { table: T; name: string }) => {
  const values = parseAssignments(clauses.join(','), { table, name })
  checkChoice(values)
  return parseOptions(table, values)
}

/** Of `FIRST; name=value; …` the first, and the others. */
export const splitClauses = (text: string): { first: string; clauses: string[] } => {
  const [first = '', ...clauses] = text.split(';').map(part => part.trim())
  return { first, clauses }
}
