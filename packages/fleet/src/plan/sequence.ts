import type { Identities } from '../identity.ts'
import { randomOf } from '../random.ts'
import { pick } from '../weights.ts'
import { dueTimes } from './arrivals.ts'
import { namePattern } from './name-pattern.ts'
import type { Plan, PlannedOperation, PlanPhase } from './plan.ts'

/** One session of a phase; `lap` counts from 0 how often the device had its turn in this phase before. */
export type PlannedStart = { readonly index: number; readonly lap: number; readonly operation: PlannedOperation }

/** One phase of a plan, and the phones of the run. */
export type PhasePlace = { readonly plan: Plan; readonly number: number; readonly identities: Identities }

/** Phones by the place at which they start. */
type Participants = { readonly length: number; at(position: number): number }

/** Does this phone take part in that phase? Decided by the seed alone. */
export const takesPart = (place: { seed: number; index: number; round: number }, share: number): boolean =>
  share >= 1 || randomOf({ ...place, purpose: 'round' })() < share

const shuffle = (items: Uint32Array, random: () => number): void => {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const item = items[last]!
    items[last] = items[other]!
    items[other] = item
  }
}

/** The phones of a phase, in the order in which they start. */
export const participantsOf = ({ plan, number, identities }: PhasePlace): Participants => {
  const { share, phones, order } = plan.phases[number]!
  const { seed } = plan.options
  const { count } = identities
  if (share >= 1 && phones === undefined && order === 'sequential') return { length: count, at: position => position }
  const fits = phones === undefined ? undefined : namePattern(phones)
  const all = new Uint32Array(count)
  let length = 0
  for (let index = 0; index < count; index++) {
    const takes = takesPart({ seed, index, round: number }, share)
    if (takes && (!fits || fits(identities.at(index).deviceName))) all[length++] = index
  }
  const taking = all.slice(0, length)
  if (order === 'random') shuffle(taking, randomOf({ seed, index: 0, purpose: 'order', round: number }))
  return { length, at: position => taking[position]! }
}

/** What a device is ordered to do in this lap of a phase. */
export const operationOf = (
  { operations }: Pick<PlanPhase, 'operations'>,
  place: { seed: number; index: number; round: number; lap: number },
): PlannedOperation =>
  operations.length === 1 ? operations[0]!.name : pick(operations, randomOf({ ...place, purpose: 'operation' })())

/**
 * Every session of a phase in the order of their starts, the same in every process. Where devices come again by time, it has no
 * end; in a closed model it is the first lap.
 */
export function* phaseStarts(place: PhasePlace): Iterable<{ item: PlannedStart; dueMs: number }> {
  const { plan, number } = place
  const phase = plan.phases[number]!
  const { seed } = plan.options
  const participants = participantsOf(place)
  const total = participants.length
  if (total === 0) return
  const comesAgain = phase.devices === 'again' && phase.arrivals.kind === 'rate'
  const random = randomOf({ seed, index: 0, purpose: 'arrivals', round: number })
  let position = 0
  for (const dueMs of dueTimes(phase.arrivals, { total, random })) {
    if (position >= total && !comesAgain) return
    const lap = Math.floor(position / total)
    const index = participants.at(position++ % total)
    yield { item: { index, lap, operation: operationOf(phase, { seed, index, round: number, lap }) }, dueMs }
  }
}

/** How long a phase lasts at most by its plan, ms; `undefined` until all had their turn. */
export const phaseMs = ({ arrivals }: PlanPhase): number | undefined => (arrivals.kind === 'burst' ? undefined : arrivals.forMs)

/** How many sessions a phase has; `undefined` where that depends on the server. */
export const countStarts = (place: PhasePlace): number | undefined => {
  const phase = place.plan.phases[place.number]!
  const forMs = phaseMs(phase)
  if (forMs === undefined) return participantsOf(place).length
  if (phase.arrivals.kind === 'concurrency') return undefined
  let count = 0
  for (const { dueMs } of phaseStarts(place)) {
    if (dueMs >= forMs) break
    count++
  }
  return count
}
