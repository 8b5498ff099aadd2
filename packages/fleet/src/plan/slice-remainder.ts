import { type FromNowOn, fromNowOn, type Starts } from './from-now-on.ts'
import { operationOf, type PhasePlace, type PlannedStart, participantsOf, phaseStarts } from './sequence.ts'

/** How far one slice of the phones had come in a phase when somebody else took it over. */
export type SliceStanding = {
  /** How many turns of each phone are over, by its index; those without any are left out. */
  readonly laps: ReadonlyMap<number, number>
  /** How long the phase had been going on, ms. */
  readonly elapsedMs: number
}

type Slice = { readonly first: number; readonly step: number }

const isOver = (standing: SliceStanding, { index, lap }: PlannedStart) => lap < (standing.laps.get(index) ?? 0)

/** By the schedule of the whole fleet, without the turns that are over. */
function* stillDue(place: PhasePlace, { first, step, standing }: Slice & { standing: SliceStanding }): Starts {
  for (const start of phaseStarts(place)) if (start.item.index % step === first && !isOver(standing, start.item)) yield start
}

/** Devices that come again as places get free: each begins with the lap that it has not had. */
function* nextLaps(place: PhasePlace, { first, step, standing }: Slice & { standing: SliceStanding }): Starts {
  const participants = participantsOf(place)
  const { plan, number } = place
  for (let position = 0; position < participants.length; position++) {
    const index = participants.at(position)
    if (index % step !== first) continue
    const lap = standing.laps.get(index) ?? 0
    const operation = operationOf(plan.phases[number]!, { seed: plan.options.seed, index, round: number, lap })
    yield { item: { index, lap, operation }, dueMs: 0 }
  }
}

/**
 * What is left of a phase for the phones `first`, `first + step`, …: their schedule goes on where it stood, so that the time in which
 * nobody had them makes nothing late, and is not made up for.
 *
 * @returns the starts, due in ms from now on, and how long the phase lasts at most from now on, ms.
 */
export const sliceRemainder = (place: PhasePlace, slice: Slice & { standing: SliceStanding }): FromNowOn => {
  const phase = place.plan.phases[place.number]!
  const of = phase.arrivals.kind === 'concurrency' && phase.devices === 'again' ? nextLaps : stillDue
  return fromNowOn(phase, { left: () => of(place, slice), elapsedMs: slice.standing.elapsedMs })
}
