import type { ClientLive } from './clients.ts'
import { Latency } from './latency.ts'
import { nothingAnswers, UNREACHABLE_AFTER } from './reachability.ts'

/** One round among the rounds of a run. */
export type RoundPlace = { number: number; of: number; operation: string }

/** What a run is doing, for whoever shows it. */
export type FleetProgress =
  | { stage: 'keys' | 'phones'; done: number; total: number }
  | { stage: 'server' }
  | {
      stage: 'round'
      round: RoundPlace
      /** Sessions that ended, of those of the round. */
      done: number
      total: number
      failed: number
      inFlight: number
      /** Since the progress before this one. */
      ratePerSecond: number
      /** From the actual start, over all rounds so far. */
      p50Ms: number
      p99Ms: number
    }

/** Sums over all processes and rounds at one moment. */
type Standing = { ended: number; failed: number; inFlight: number; actual: Latency; atMs: number }

const standing = (live: readonly ClientLive[]): Standing => {
  const sum = { ended: 0, failed: 0, inFlight: 0, actual: new Latency(), atMs: performance.now() }
  for (const { done, failures, inFlight, actual } of live) {
    sum.ended += done
    sum.inFlight += inFlight
    sum.actual.add(actual)
    for (const { count } of failures) {
      sum.ended += count
      sum.failed += count
    }
  }
  return sum
}

/** Turns what the processes say into the progress of one round. */
export class RoundWatch {
  readonly #round: RoundPlace
  readonly #total: number
  readonly #before: Standing
  #last: Standing

  constructor(round: RoundPlace, { total, live }: { total: number; live: readonly ClientLive[] }) {
    this.#round = round
    this.#total = total
    this.#before = standing(live)
    this.#last = this.#before
  }

  /** Nothing answers at all: there is no point in going on. */
  isHopeless(live: readonly ClientLive[]): boolean {
    return nothingAnswers(live, { enough: Math.min(this.#total, UNREACHABLE_AFTER) })
  }

  /** The next progress. */
  look(live: readonly ClientLive[]): FleetProgress {
    const now = standing(live)
    const seconds = Math.max(0.001, (now.atMs - this.#last.atMs) / 1000)
    const progress = {
      stage: 'round',
      round: this.#round,
      total: this.#total,
      done: now.ended - this.#before.ended,
      failed: now.failed - this.#before.failed,
      inFlight: now.inFlight,
      ratePerSecond: (now.ended - this.#last.ended) / seconds,
      p50Ms: now.actual.percentile(50),
      p99Ms: now.actual.percentile(99),
    } as const
    this.#last = now
    return progress
  }
}
