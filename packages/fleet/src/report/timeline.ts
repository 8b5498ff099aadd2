import type { RunRecord } from '@capfkit/codec/run'

/** Never more intervals than this: with the next one, pairs become one of twice the length. */
const MOST_INTERVALS = 240
const SHORTEST_MS = 250

/** What ended (and started) in a stretch of time; `scheduled` and `actual` are latencies of what was done. */
export type Stretch = {
  started: number
  done: number
  failures: Map<string, number>
  scheduled: number[]
  actual: number[]
  /** Time of all of them together in each phase, by its index. */
  phases: Map<number, number>
}

const newStretch = (): Stretch => ({ started: 0, done: 0, failures: new Map(), scheduled: [], actual: [], phases: new Map() })

const push = (into: number[], values: readonly number[]) => {
  for (const value of values) into.push(value)
}

const merge = (into: Stretch, other: Stretch): Stretch => {
  into.started += other.started
  into.done += other.done
  for (const [reason, count] of other.failures) into.failures.set(reason, (into.failures.get(reason) ?? 0) + count)
  push(into.scheduled, other.scheduled)
  push(into.actual, other.actual)
  for (const [index, ms] of other.phases) into.phases.set(index, (into.phases.get(index) ?? 0) + ms)
  return into
}

/** Operations over time, in intervals that grow with the run, so that neither their number nor their sizes run away. */
export class Timeline {
  #lengthMs = SHORTEST_MS
  #stretches: Stretch[] = []

  get lengthMs(): number {
    return this.#lengthMs
  }

  /** Each interval from the first moment on, also those in which nothing happened. */
  get stretches(): readonly Stretch[] {
    return Array.from(this.#stretches, stretch => stretch ?? newStretch())
  }

  /** @param startMs  since the start of the first round. */
  add(operation: RunRecord<'Operation'>, startMs: number): void {
    const { totalMs, lateMs, failure, phases, phasesMs, disturbance } = operation
    this.#at(startMs).started++
    const stretch = this.#at(startMs + totalMs)
    if (failure) {
      stretch.failures.set(failure.reason, (stretch.failures.get(failure.reason) ?? 0) + 1)
      return
    }
    // Neither done nor failed: its times are those of a phone that misbehaved.
    if (disturbance) return
    stretch.done++
    stretch.scheduled.push(lateMs + totalMs)
    stretch.actual.push(totalMs)
    for (const [place, index] of phases.entries()) {
      stretch.phases.set(index, (stretch.phases.get(index) ?? 0) + (phasesMs[place] ?? 0))
    }
  }

  /** The same in so many stretches of equal length, or in fewer where there are fewer intervals. */
  inParts(parts: number): { lengthMs: number; stretches: Stretch[] } {
    const all = this.stretches
    const each = Math.max(1, Math.ceil(all.length / parts))
    const stretches: Stretch[] = []
    // What is left over at the end would be a part of another length.
    for (let at = 0; at + each <= all.length; at += each) stretches.push(all.slice(at, at + each).reduce(merge, newStretch()))
    return { lengthMs: each * this.#lengthMs, stretches }
  }

  #at(ms: number): Stretch {
    let index = Math.max(0, Math.floor(ms / this.#lengthMs))
    while (index >= MOST_INTERVALS) {
      this.#coarsen()
      index = Math.floor(ms / this.#lengthMs)
    }
    const known = this.#stretches[index]
    if (known) return known
    const stretch = newStretch()
    this.#stretches[index] = stretch
    return stretch
  }

  #coarsen(): void {
    const before = this.#stretches
    this.#lengthMs *= 2
    this.#stretches = []
    before.forEach((stretch, index) => {
      const into = this.#stretches[index >> 1]
      this.#stretches[index >> 1] = into ? merge(into, stretch) : stretch
    })
  }
}
