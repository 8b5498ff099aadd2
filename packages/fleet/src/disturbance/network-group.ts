import type { OptionsOf } from '@capfkit/codec/options'
import { NETWORK_RANGE, type NetworkOptions, parseNetwork } from '@capfkit/phone'
import type { Identities } from '../identity.ts'
import { membersOf } from './members.ts'
import { GROUP_OPTIONS, readClauses, splitClauses } from './rule-rows.ts'

/** Phones whose network is like that. The first group that has a phone is taken. */
export type NetworkGroup = OptionsOf<typeof GROUP_OPTIONS> & { readonly network: NetworkOptions }

export const NETWORK_GROUP_RANGE = `${NETWORK_RANGE}[; ${Object.keys(GROUP_OPTIONS)
  .map(name => `${name}=…`)
  .join('; ')}]`

/** Read `latencyMs=150,jitterMs=20; phones=SEP02*; share=20%`. @throws {OptionError} */
export const parseNetworkGroup = (text: string): NetworkGroup => {
  const { first, clauses } = splitClauses(text)
  return { ...readClauses(clauses, { table: GROUP_OPTIONS, name: 'network' }), network: parseNetwork(first) }
}

/** The network of a phone, if it is none without flaw; decided by the seed alone. */
export const networksOf = (
  groups: readonly NetworkGroup[],
  { seed, identities }: { seed: number; identities: Identities },
): ((index: number) => NetworkOptions | undefined) => {
  const members = membersOf(groups, { seed, purpose: 'networkGroup' })
  return index => {
    if (groups.length === 0) return undefined
    const { deviceName } = identities.at(index)
    return groups.find((_, number) => members.has(number, { index, deviceName }))?.network
  }
}
