import { namePattern } from '../plan/name-pattern.ts'
import { randomOf } from '../random.ts'

type Described = { readonly phones: string | undefined; readonly share: number }

/** The n-th number, from 0, of a stream: one for each rule, so that a rule more changes nothing for those before it. */
export const nth = (random: () => number, place: number): number => {
  for (let skipped = 0; skipped < place; skipped++) random()
  return random()
}

/** Which phones are in which of these groups: by name, and by a share that is drawn from the seed once for the run. */
export const membersOf = (
  groups: readonly Described[],
  { seed, purpose }: { seed: number; purpose: 'faultGroup' | 'networkGroup' },
): { has(number: number, phone: { index: number; deviceName: string }): boolean } => {
  const fits = groups.map(({ phones }) => (phones === undefined ? () => true : namePattern(phones)))
  return {
    has: (number, { index, deviceName }) => {
      const { share } = groups[number]!
      if (!fits[number]!(deviceName)) return false
      return share >= 1 || nth(randomOf({ seed, index, purpose }), number) < share
    },
  }
}
