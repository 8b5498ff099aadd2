import { parseCertificate } from '@capfkit/pki'
import type { DeviceStore } from '@capfkit/server'
import type { EncodedPhone, Kept } from '../fleet-file/kept.ts'
import type { Identities } from '../identity.ts'
import { orderStart } from '../orders.ts'
import type { Plan } from '../plan/plan.ts'
import { operationOf, participantsOf } from '../plan/sequence.ts'
import { OPERATION_NAMES } from '../recording/run-header.ts'
import { Tally } from '../tally.ts'
import type { Result, Told } from './slice-messages.ts'

/** What is recovered is told under this name, beside what processes tell. */
export const RECOVERED = 'recovered'

export type RecoverSliceInit = {
  plan: Plan
  /** The phones of the plan: reading them anew for each slice may be reading a file. */
  identities: Identities
  number: number
  slice: number
  slices: number
  /** What has results is known; what is found is added. */
  laps: Map<number, number>
  /** What its phones have, by name, where that is kept; what is found is added. */
  phones: Map<string, EncodedPhone> | undefined
  /** To ask for many devices takes its time: called now and then. */
  meanwhile: () => Promise<void>
}

const DEVICES_A_TURN = 100

const NOTHING = { ms: 1, cpuMs: 0, eventLoopDelayMs: { p99: 0, max: 0 } }
const NO_HEALTH = {
  ...{ cpuMs: 0, runMs: 0, memoryBytes: 0, keysPooled: 0, keysGenerated: 0, eventLoopDelayMs: { p99: 0, max: 0 } },
  ...{ fullest: {}, recent: NOTHING },
}

/** What a phone has now that its server has done this; `undefined` when nobody has the key of its certificate any more. */
const became = (phone: EncodedPhone, operation: string, certificateDer: Buffer | undefined): EncodedPhone | undefined => {
  const { lsc, pendingKey, ...rest } = phone
  if (operation === 'delete') return rest
  if (operation !== 'install' || !certificateDer) return phone
  const { publicKeyDer } = parseCertificate(certificateDer)
  // An upgrade may have been carried out before its worker had written what it knew of it.
  if (lsc?.certificateDer.equals(certificateDer)) return phone
  return pendingKey && publicKeyDer.equals(pendingKey.publicKeyDer)
    ? { ...rest, lsc: { certificateDer, key: pendingKey } }
    : undefined
}

/**
 * Phones of a slice that the server had done before their worker had written it: their order is no longer pending. What cannot be
 * made up for is ordered again: where devices come again, and where the key of a certificate was lost with the worker.
 */
export const recoverSlice = async (store: DeviceStore, init: RecoverSliceInit): Promise<Told> => {
  const { plan, identities, number, slice, slices, laps, phones, meanwhile } = init
  const results: Result[] = []
  const kept: Kept[] = []
  const tally = new Tally()
  const phase = plan.phases[number]!
  const participants = participantsOf({ plan, number, identities })
  let asked = 0
  for (let position = 0; position < participants.length; position++) {
    const index = participants.at(position)
    if (index % slices !== slice || laps.has(index)) continue
    if (++asked % DEVICES_A_TURN === 0) await meanwhile()
    const identity = identities.at(index)
    const { deviceName } = identity
    const device = await store.get(deviceName)
    if (device?.operation !== 'none') continue
    const operation = operationOf(phase, { seed: plan.options.seed, index, round: number, lap: 0 })
    // One that was made anew and never told of has nothing that anybody knows.
    const phone = phones && (phones.get(deviceName) ?? { deviceName, model: identity.model })
    const now = phone && became(phone, operation, device.certificate?.certificateDer)
    if (phase.devices === 'again' || (phone && !now)) {
      await orderStart(store, { plan, number, identity, start: { index, lap: 0, operation } })
      continue
    }
    if (now) {
      if (!phones?.has(deviceName)) kept.push({ kind: 'made', deviceName, model: identity.model, mic: undefined })
      phones?.set(deviceName, now)
      const lsc = now.lsc === phone?.lsc ? undefined : { now: now.lsc }
      kept.push({ kind: 'ended', deviceName, operation, atMs: Date.now(), lsc, pendingKey: now.pendingKey })
    }
    const entry = { kind: 'recovered', phone: index, round: number, operation: OPERATION_NAMES.indexOf(operation) } as const
    results.push({ phase: number, phone: index, lap: 0, outcome: 'recovered', totalMs: 0, entry })
    laps.set(index, 1)
    tally.started++
    tally.done++
    tally.operations.set(operation, (tally.operations.get(operation) ?? 0) + 1)
  }
  const since = { tally: tally.encode(), inFlight: 0, oldestMs: 0, health: NO_HEALTH }
  return { since, fromMs: 0, results, kept, events: [] }
}
