import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Fullest, LiveHealth } from './client-messages.ts'
import { LoopLag } from './health/loop-lag.ts'
import { residentBytes } from './health/resident-memory.ts'
import type { Room } from './health/room.ts'
import type { KeySource } from './key-source.ts'

/** The monitor looks this often, and counts its own interval as delay. */
const LOOK_MS = 10

const delaysOf = (monitor: ReturnType<typeof monitorEventLoopDelay>) => {
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - LOOK_MS)
  return { p99: ms(monitor.percentile(99)), max: ms(monitor.max) }
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** How a client process is doing while phases run. */
export class ProcessHealth {
  readonly #recent = monitorEventLoopDelay({ resolution: LOOK_MS })
  readonly #lag = new LoopLag()
  /** What there is to be used up; known when the process was told what it runs. */
  room: Room | undefined
  #fullest: Fullest = {}
  /** Of the phases that are over. */
  #cpuMs = 0
  #runMs = 0
  /** At the beginning of the phase. */
  #phaseCpuMs = 0
  #phaseAtMs: number | undefined
  #toldCpuMs = 0
  #toldAtMs = 0

  /** By how much the event loop was late so far, ms. */
  get lagMs(): number {
    return this.#lag.totalMs
  }

  /** Delay of the event loop that one turn in a hundred of all phases so far exceeded, ms. */
  get eventLoopDelayRunP99Ms(): number {
    return this.#lag.delays.percentile(99)
  }

  /** A phase begins. */
  begin(): void {
    this.#phaseCpuMs = cpuMs()
    this.#phaseAtMs = performance.now()
    this.#toldCpuMs = this.#phaseCpuMs
    this.#toldAtMs = this.#phaseAtMs
    this.#recent.enable()
    this.#recent.reset()
    this.#lag.start()
  }

  /** It is over. */
  end(): void {
    this.#recent.disable()
    this.#lag.stop()
    this.#cpuMs += cpuMs() - this.#phaseCpuMs
    this.#phaseCpuMs = cpuMs()
    this.#runMs = this.#ranMs
    this.#phaseAtMs = undefined
  }

  get #ranMs(): number {
    return this.#runMs + (this.#phaseAtMs === undefined ? 0 : performance.now() - this.#phaseAtMs)
  }

  /** Called while a phase runs, and once after it; what is recent counts from the call before. */
  look({ keys, mostOnAddress }: { keys: KeySource | undefined; mostOnAddress: number }): LiveHealth {
    const [now, used] = [performance.now(), cpuMs()]
    const recent = { ms: now - this.#toldAtMs, cpuMs: used - this.#toldCpuMs, eventLoopDelayMs: delaysOf(this.#recent) }
    this.#recent.reset()
    this.#toldAtMs = now
    this.#toldCpuMs = used
    this.#fullest = fuller(this.#fullest, this.room?.used(mostOnAddress) ?? {})
    return {
      cpuMs: this.#cpuMs + used - this.#phaseCpuMs,
      runMs: this.#ranMs,
      eventLoopDelayMs: { p99: this.#lag.delays.percentile(99), max: this.#lag.delays.percentile(100) },
      recent,
      memoryBytes: residentBytes(),
      keysPooled: keys?.pooled ?? 0,
      keysGenerated: keys?.generated ?? 0,
      fullest: this.#fullest,
    }
  }
}

/** The larger share of each. */
export const fuller = (one: Fullest, other: Fullest): Fullest => {
  const both = { ...one, ...other }
  for (const name of Object.keys(both) as (keyof Fullest)[]) both[name] = Math.max(one[name] ?? 0, other[name] ?? 0)
  return both
}
