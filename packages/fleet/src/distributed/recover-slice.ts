import type { DeviceStore } from '@capfkit/server'
import { identitiesOf } from '../identity.ts'
import type { Plan } from '../plan/plan.ts'
import { operationOf, participantsOf } from '../plan/sequence.ts'
import { OPERATION_NAMES } from '../recording/run-header.ts'
import { Tally } from '../tally.ts'
import type { Result, Told } from './slice-messages.ts'

/** What is recovered is told under this name, beside what processes tell. */
export const RECOVERED = 'recovered'

export type RecoverSliceInit = {
  plan: Plan
  number: number
  slice: number
  slices: number
  /** What has results is known; what is found is added. */
  laps: Map<number, number>
  /** To ask for many devices takes its time: called now and then. */
  meanwhile: () => Promise<void>
}

const DEVICES_A_TURN = 100

const NOTHING = { ms: 1, cpuMs: 0, eventLoopDelayMs: { p99: 0, max: 0 } }
const NO_HEALTH = {
  ...{ cpuMs: 0, runMs: 0, memoryBytes: 0, keysPooled: 0, keysGenerated: 0, eventLoopDelayMs: { p99: 0, max: 0 } },
  ...{ fullest: {}, recent: NOTHING },
}

/** Phones of a slice that the server had done before their worker had written it: their order is no longer pending. */
export const recoverSlice = async (store: DeviceStore, init: RecoverSliceInit): Promise<Told> => {
  const { plan, number, slice, slices, laps, meanwhile } = init
  const results: Result[] = []
  const tally = new Tally()
  const phase = plan.phases[number]!
  const identities = identitiesOf(plan.options)
  const participants = participantsOf({ plan, number, identities })
  let asked = 0
  // Where devices come again, an order is placed for each turn: that none is pending says nothing of how many there were.
  for (let position = 0; phase.devices === 'once' && position < participants.length; position++) {
    const index = participants.at(position)
    if (index % slices !== slice || laps.has(index)) continue
    if (++asked % DEVICES_A_TURN === 0) await meanwhile()
    const device = await store.get(identities.at(index).deviceName)
    if (device?.operation !== 'none') continue
    const operation = operationOf(phase, { seed: plan.options.seed, index, round: number, lap: 0 })
    const entry = { kind: 'recovered', phone: index, round: number, operation: OPERATION_NAMES.indexOf(operation) } as const
    results.push({ phase: number, phone: index, lap: 0, outcome: 'recovered', totalMs: 0, entry })
    laps.set(index, 1)
    tally.started++
    tally.done++
    tally.operations.set(operation, (tally.operations.get(operation) ?? 0) + 1)
  }
  const since = { tally: tally.encode(), inFlight: 0, oldestMs: 0, health: NO_HEALTH }
  return { since, fromMs: 0, results, events: [] }
}
