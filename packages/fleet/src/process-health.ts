import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LiveHealth } from './client-messages.ts'
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
  readonly #all = monitorEventLoopDelay({ resolution: LOOK_MS })
  readonly #recent = monitorEventLoopDelay({ resolution: LOOK_MS })
  /** Of the phases that are over. */
  #cpuMs = 0
  #phaseCpuMs = 0
  #toldCpuMs = 0
  #toldAtMs = 0

  /** A phase begins. */
  begin(): void {
    this.#phaseCpuMs = cpuMs()
    this.#toldCpuMs = this.#phaseCpuMs
    this.#toldAtMs = performance.now()
    this.#all.enable()
    this.#recent.enable()
    this.#recent.reset()
  }

  /** It is over. */
  end(): void {
    this.#all.disable()
    this.#recent.disable()
    this.#cpuMs += cpuMs() - this.#phaseCpuMs
    this.#phaseCpuMs = cpuMs()
  }

  /** Called while a phase runs, and once after it; what is recent counts from the call before. */
  look(keys: KeySource | undefined): LiveHealth {
    const [now, used] = [performance.now(), cpuMs()]
    const recent = { ms: now - this.#toldAtMs, cpuMs: used - this.#toldCpuMs, eventLoopDelayMs: delaysOf(this.#recent) }
    this.#recent.reset()
    this.#toldAtMs = now
    this.#toldCpuMs = used
    return {
      cpuMs: this.#cpuMs + used - this.#phaseCpuMs,
      eventLoopDelayMs: delaysOf(this.#all),
      recent,
      memoryBytes: process.memoryUsage.rss(),
      keysPooled: keys?.pooled ?? 0,
      keysGenerated: keys?.generated ?? 0,
    }
  }
}
