import type { OptionRow } from '@capfkit/codec/options'
import { COORDINATOR_OPTIONS, type CoordinatorOptions, FLEET_OPTIONS, type FleetOptions } from '@capfkit/fleet'
import { flagName } from '../frame/names.ts'
import { shownStore } from '../store-file.ts'

/** Whatever decides what a run does. */
const OPTIONS = { ...FLEET_OPTIONS, ...COORDINATOR_OPTIONS }
type Options = FleetOptions & CoordinatorOptions

const flagsOf = (options: Partial<Options>): string[] =>
  Object.keys(OPTIONS).flatMap(name => {
    const value = options[name as keyof Options]
    if (value === undefined) return []
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${flagName(name)}`]
    const shown = name === 'store' ? shownStore(String(value)) : value
    return (typeof shown === 'object' ? shown : [shown]).map(one => `--${flagName(name)} ${quoted(String(one))}`)
  })

/** The command line that does the same again: the seed, and what is not a default. */
export const repeatLine = (options: FleetOptions & Partial<CoordinatorOptions>): string => {
  const stated = Object.entries<OptionRow>(OPTIONS).flatMap(([name, row]) => {
    const value = options[name as keyof Options]
    return value === row.default && name !== 'seed' ? [] : [[name, value]]
  })
  return `repeat with: capf fleet run ${flagsOf(Object.fromEntries(stated)).join(' ')}`
}

/** The same for a plan file: the seed, and what was stated beside it. */
export const repeatPlanLine = (file: string, stated: Partial<Options>): string =>
  `repeat with: capf fleet run ${[quoted(file), ...flagsOf(stated)].join(' ')}`

/** A word as a shell takes it. */
export const quoted = (word: string) => (/^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
