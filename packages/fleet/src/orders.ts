import { type DeviceStore, EC_SIZES, type EcBits, type NewDevice } from '@capfkit/server'
import { authStringOf, identitiesOf, type PhoneIdentity } from './identity.ts'
import type { Plan } from './plan/plan.ts'
import { operationOf, type PlannedStart, participantsOf } from './plan/sequence.ts'

/** Devices that are written in one transaction. */
const BATCH = 1000

const ecBitsOf = (curve: string): EcBits =>
  Number(Object.entries(EC_SIZES).find(([, name]) => name === curve)?.[0] ?? 256) as EcBits

/** The row of a device for which nothing is ordered yet. */
export const deviceOf = ({ deviceName, authMode, key }: PhoneIdentity): NewDevice => ({
  name: deviceName,
  authMode,
  ...(key.type === 'rsa' ? { keyOrder: 'rsa', rsaBits: key.bits } : { keyOrder: 'ec', ecBits: ecBitsOf(key.curve) }),
})

/** What is pending for a phone: an operation, and the string where it authenticates by one. */
const orderOf = (identity: PhoneIdentity, place: PlannedStart & { seed: number; round: number }) => {
  const { authMode, authString = authStringOf(place) } = identity
  return { operation: place.operation, authString: authMode === 'string' ? authString : undefined }
}

/** Order one session just before it starts: where a device comes again in a phase, or one phone alone is played again. */
export const orderStart = async (
  store: DeviceStore,
  { plan, number, identity, start }: { plan: Plan; number: number; identity: PhoneIdentity; start: PlannedStart },
): Promise<void> => {
  await store.change(identity.deviceName, orderOf(identity, { ...start, seed: plan.options.seed, round: number }))
}

/** What orders are written into. */
type Orders = Pick<DeviceStore, 'add' | 'change'>

/** A store that is waited for: an order that was placed may be placed again until its phase begins. */
export const patientOrders = (store: Orders, whenBack: <T>(work: () => Promise<T>) => Promise<T>): Orders => ({
  add: (...args) => whenBack(() => store.add(...args)),
  change: (...args) => whenBack(() => store.change(...args)),
})

/**
 * Order what a phase begins with for the phones that take part, as an administrator would in bulk.
 *
 * The first phase makes the device rows (and replaces those of an earlier run); later ones change them. After `signal` the rest
 * is left undone.
 */
export const orderPhase = async (
  store: Orders,
  { plan, number, signal }: { plan: Plan; number: number; signal?: AbortSignal | undefined },
): Promise<void> => {
  const { seed } = plan.options
  const identities = identitiesOf(plan.options)
  const participants = participantsOf({ plan, number, identities })
  const ordered = new Uint8Array(identities.count)
  for (let position = 0; position < participants.length; position++) ordered[participants.at(position)] = 1
  let batch: NewDevice[] = []
  for (let index = 0; index < identities.count && !signal?.aborted; index++) {
    const identity = identities.at(index)
    const place = { seed, index, round: number, lap: 0 }
    const order = ordered[index] ? orderOf(identity, { ...place, operation: operationOf(plan.phases[number]!, place) }) : {}
    if (number > 0) {
      if (ordered[index]) await store.change(identity.deviceName, order)
      continue
    }
    batch.push({ ...deviceOf(identity), ...order })
    if (batch.length < BATCH && index < identities.count - 1) continue
    await store.add(batch, { replace: true })
    batch = []
  }
}
