import { FLEET_OPTIONS, type FleetOptions } from '@capfkit/fleet'
import { flagName } from '../frame/names.ts'

/** The command line that does the same again: the seed, and what is not a default. */
export const repeatLine = (options: FleetOptions): string => {
  const given = Object.entries(FLEET_OPTIONS).flatMap(([name, row]) => {
    const value = options[name as keyof FleetOptions]
    if (value === undefined || (value === row.default && name !== 'seed')) return []
    return typeof value === 'boolean'
      ? [`--${value ? '' : 'no-'}${flagName(name)}`]
      : [`--${flagName(name)} ${quoted(String(value))}`]
  })
  return `repeat with: capf fleet run ${given.join(' ')}`
}

/** A word as a shell takes it. */
export const quoted = (word: string) => (/^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
