import type { PlanPhase } from './plan.ts'
import { type PlannedStart, phaseMs } from './sequence.ts'

export type Starts = Iterable<{ item: PlannedStart; dueMs: number }>

/** Starts, due in ms from now on, and how long the phase lasts at most from now on, ms. */
export type FromNowOn = { readonly starts: Starts; readonly untilMs: number | undefined }

/** The same starts, as if the phase began with the first of them. */
function* fromZero(starts: Starts, beginMs: number): Starts {
  for (const { item, dueMs } of starts) yield { item, dueMs: dueMs - beginMs }
}

/**
 * A phase that stood still goes on now with the first start that is left, so that no time in which nobody had its phones makes
 * anything late. Its end moves with its schedule; without one, by how long it had been going on.
 */
export const fromNowOn = (phase: PlanPhase, { left, elapsedMs }: { left: () => Starts; elapsedMs: number }): FromNowOn => {
  const wholeMs = phaseMs(phase)
  const [start] = left()
  const beginMs = start?.dueMs ?? 0
  const overMs = phase.arrivals.kind === 'concurrency' ? elapsedMs : beginMs
  return {
    starts: fromZero(left(), beginMs),
    untilMs: wholeMs === undefined ? undefined : Math.max(0, wholeMs - overMs),
  }
}
