import type { RunRecord } from '@capfkit/codec/run'

/** How all processes together were doing in one second. */
export type HealthPoint = {
  atSeconds: number
  inFlight: number
  /** Of one core, of the busiest process. */
  cpuShare: number
  eventLoopDelayP99Ms: number
  eventLoopDelayMaxMs: number
  memoryBytes: number
}

const MOST_POINTS = 240

type Sums = Omit<HealthPoint, 'atSeconds'>

/** Health of several processes on one time axis: sums of what adds up, the worst of what does not. */
export class HealthLine {
  #lengthSeconds = 1
  /** By interval, then by process: a process tells of itself about once in each. */
  #points = new Map<number, Map<number, Sums>>()

  /** @param entry.seconds  since the start of the first round; @param entry.spanMs  since the entry of this process before. */
  add(entry: { process: number; seconds: number; spanMs: number; health: RunRecord<'Health'> }): void {
    const { process, seconds, spanMs, health } = entry
    if (seconds < 0) return
    const { inFlight, cpuMs, eventLoopDelayP99Ms, eventLoopDelayMaxMs, memoryBytes } = health
    const cpuShare = spanMs > 0 ? cpuMs / spanMs : 0
    this.#put(Math.floor(seconds / this.#lengthSeconds), process, {
      ...{ inFlight, cpuShare, eventLoopDelayP99Ms, eventLoopDelayMaxMs, memoryBytes },
    })
    if (this.#points.size > MOST_POINTS) this.#coarsen()
  }

  get points(): HealthPoint[] {
    // A process that says nothing in an interval is as it was in the one before.
    const last = new Map<number, Sums>()
    return [...this.#points]
      .sort(([a], [b]) => a - b)
      .map(([index, processes]) => {
        for (const [process, sums] of processes) last.set(process, sums)
        const worst = (value: (sums: Sums) => number) => Math.max(...[...processes.values()].map(value))
        const sum = (value: (sums: Sums) => number) => [...last.values()].reduce((total, sums) => total + value(sums), 0)
        return {
          atSeconds: index * this.#lengthSeconds,
          inFlight: sum(({ inFlight }) => inFlight),
          cpuShare: worst(({ cpuShare }) => cpuShare),
          eventLoopDelayP99Ms: worst(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms),
          eventLoopDelayMaxMs: worst(({ eventLoopDelayMaxMs }) => eventLoopDelayMaxMs),
          memoryBytes: sum(({ memoryBytes }) => memoryBytes),
        }
      })
  }

  #put(index: number, process: number, sums: Sums): void {
    const point = this.#points.get(index) ?? new Map<number, Sums>()
    this.#points.set(index, point)
    const known = point.get(process)
    // Two of one process in an interval: the worse of both.
    point.set(process, known ? (Object.fromEntries(keysOf(sums).map(key => [key, Math.max(known[key], sums[key])])) as Sums) : sums)
  }

  #coarsen(): void {
    const before = this.#points
    this.#lengthSeconds *= 2
    this.#points = new Map()
    for (const [index, processes] of before) for (const [process, sums] of processes) this.#put(index >> 1, process, sums)
  }
}

const keysOf = (sums: Sums) => Object.keys(sums) as (keyof Sums)[]
