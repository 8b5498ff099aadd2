import { type FromNowOn, fromNowOn, type Starts } from './from-now-on.ts'
import { operationOf, type PhasePlace, participantsOf, phaseMs, phaseStarts } from './sequence.ts'

/** How far a phase had come when its run was stopped or killed. */
export type PhaseStanding = {
  /** A bit for each phone of the run by its index, lowest bit first: it had a turn that ended. */
  readonly had: Uint8Array
  /** Turns that are over: ended, or skipped for good. */
  readonly turns: number
  /** How long the phase had been going on, ms. */
  readonly elapsedMs: number
}

export const hadTurn = ({ had }: Pick<PhaseStanding, 'had'>, index: number): boolean =>
  ((had[index >> 3] ?? 0) & (1 << (index & 7))) !== 0

/** Each device has its one turn: those that had it are left out, and the others take the due times that are still to come. */
function* othersOnce(place: PhasePlace, standing: PhaseStanding): Starts {
  const times = phaseStarts(place)[Symbol.iterator]()
  for (let over = 0; over < standing.turns; over++) times.next()
  for (const { item } of phaseStarts(place)) {
    if (hadTurn(standing, item.index)) continue
    const time = times.next()
    yield { item, dueMs: time.done ? 0 : time.value.dueMs }
  }
}

/** Devices come again by time: as many turns are over as had ended or been skipped. */
function* laterTurns(place: PhasePlace, { turns }: PhaseStanding): Starts {
  let over = 0
  for (const start of phaseStarts(place)) if (over++ >= turns) yield start
}

/** Devices come again as places get free: each begins with a lap that it has not had, first those whose turn it was. */
function* nextLaps(place: PhasePlace, { turns }: PhaseStanding): Starts {
  const participants = participantsOf(place)
  const { plan, number } = place
  const lap = Math.floor(turns / Math.max(1, participants.length)) + 1
  for (let position = 0; position < participants.length; position++) {
    const index = participants.at((turns + position) % participants.length)
    const operation = operationOf(plan.phases[number]!, { seed: plan.options.seed, index, round: number, lap })
    yield { item: { index, lap, operation }, dueMs: 0 }
  }
}

/**
 * What is left of a phase: its schedule goes on where it stood. The same in every process.
 *
 * @returns the starts, due in ms from now on, and how long the phase lasts at most from now on, ms.
 */
export const remainderOf = (place: PhasePlace, standing: PhaseStanding | undefined): FromNowOn => {
  const phase = place.plan.phases[place.number]!
  if (!standing) return { starts: phaseStarts(place), untilMs: phaseMs(phase) }
  const { devices, arrivals } = phase
  const of = devices === 'once' ? othersOnce : arrivals.kind === 'concurrency' ? nextLaps : laterTurns
  return fromNowOn(phase, { left: () => of(place, standing), elapsedMs: standing.elapsedMs })
}
