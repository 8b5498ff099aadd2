import { type DeviceStore, EC_SIZES, type EcBits, type NewDevice } from '@capfkit/server'
import { authStringOf, identitiesOf, type PhoneIdentity } from './identity.ts'
import type { FleetOptions } from './options.ts'
import { parseRounds, takesPart } from './rounds.ts'

/** Devices that are written in one transaction. */
const BATCH = 1000

const ecBitsOf = (curve: string): EcBits =>
  Number(Object.entries(EC_SIZES).find(([, name]) => name === curve)?.[0] ?? 256) as EcBits

const deviceOf = ({ deviceName, authMode, key }: PhoneIdentity): NewDevice => ({
  name: deviceName,
  authMode,
  ...(key.type === 'rsa' ? { keyOrder: 'rsa', rsaBits: key.bits } : { keyOrder: 'ec', ecBits: ecBitsOf(key.curve) }),
})

/**
 * Order a round's operation for the phones that take part, as an administrator would in bulk.
 *
 * The first round makes the device rows (and replaces those of an earlier run); later ones change them. After `signal` the rest
 * is left undone.
 */
export const orderRound = async (
  store: DeviceStore,
  { options, round: number, signal }: { options: FleetOptions; round: number; signal?: AbortSignal | undefined },
): Promise<void> => {
  const identities = identitiesOf(options)
  const round = parseRounds(options.rounds)[number]!
  const { seed } = options
  let batch: NewDevice[] = []
  for (let index = 0; index < identities.count && !signal?.aborted; index++) {
    const identity = identities.at(index)
    const ordered = takesPart({ seed, index, round: number }, round)
    const authString =
      identity.authMode === 'string' ? (identity.authString ?? authStringOf({ seed, index, round: number })) : undefined
    const order = ordered ? { operation: round.operation, authString } : {}
    if (number > 0) {
      if (ordered) await store.change(identity.deviceName, order)
      continue
    }
    batch.push({ ...deviceOf(identity), ...order })
    if (batch.length < BATCH && index < identities.count - 1) continue
    await store.add(batch, { replace: true })
    batch = []
  }
}
