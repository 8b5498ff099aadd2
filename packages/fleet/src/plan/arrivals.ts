import { exponential } from '../random.ts'
import type { Arrivals } from './plan.ts'

type Rate = Arrivals & { kind: 'rate' }

/** How long a rate goes on: as it says, or until all have started. */
const spanMs = ({ fromPerSecond, toPerSecond, forMs }: Rate, total: number): number =>
  forMs ?? (2000 * total) / (fromPerSecond + toPerSecond)

/** When `count` sessions have started, ms: the area under the rate, turned round. After its end the last rate goes on. */
const whenStarted = (count: number, { rate, overMs }: { rate: Rate; overMs: number }): number => {
  const { fromPerSecond: from, toPerSecond: to } = rate
  const seconds = overMs / 1000
  const atEnd = ((from + to) / 2) * seconds
  if (count >= atEnd && to > 0) return overMs + (1000 * (count - atEnd)) / to
  const growth = (to - from) / seconds
  if (growth === 0) return (1000 * count) / from
  const root = from * from + 2 * growth * count
  return root < 0 ? Number.POSITIVE_INFINITY : (1000 * (Math.sqrt(root) - from)) / growth
}

function* byRate(rate: Rate, { total, random }: { total: number; random: () => number }): Iterable<number> {
  const overMs = spanMs(rate, total)
  const isPoisson = rate.spacing === 'poisson'
  for (let count = isPoisson ? exponential(random) : 0; ; count += isPoisson ? exponential(random) : 1)
    yield whenStarted(count, { rate, overMs })
}

/**
 * When each session of a phase is due, ms from its beginning, without end: the first, the second, and so on. In a closed model
 * nothing is due at any time of its own.
 *
 * @param place.total  phones that take part.
 * @param place.random  for Poisson arrivals: the gaps of a process with rate 1, stretched as the rate says.
 */
export function* dueTimes(arrivals: Arrivals, place: { total: number; random: () => number }): Iterable<number> {
  if (arrivals.kind === 'rate') yield* byRate(arrivals, place)
  const withinMs = arrivals.kind === 'burst' ? arrivals.withinMs : 0
  for (let position = 0; ; position++) yield (position * withinMs) / Math.max(1, place.total)
}
