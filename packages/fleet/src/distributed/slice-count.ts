import type { Plan } from '../plan/plan.ts'

/** Enough that any number of workers has about the same, and few enough that each walks the schedule only now and then. */
const SLICES = 64
/** A slice with fewer phones than this costs more than they do. */
const PHONES = 8

/** How many slices a worker is to have at most, by its part of all processes. */
export const fairShare = (slices: number, { own, all }: { own: number; all: number }): number =>
  Math.ceil((slices * own) / Math.max(own, all))

/** How many slices the phones of a run are cut into: each has at least one phone, and a place where only so many run at once. */
export const sliceCount = ({ phases }: Plan, phones: number): number => {
  const places = phases.flatMap(({ arrivals, maxInFlight }) => [
    ...(arrivals.kind === 'concurrency' ? [arrivals.sessions] : []),
    ...(maxInFlight === undefined ? [] : [maxInFlight]),
  ])
  return Math.max(1, Math.min(SLICES, Math.ceil(phones / PHONES), ...places))
}
