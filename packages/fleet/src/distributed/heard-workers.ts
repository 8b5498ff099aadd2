import type { LiveHealth } from '../client-messages.ts'
import type { Standing } from '../progress.ts'
import type { RoundSummary } from '../summary.ts'
import { Tally } from '../tally.ts'
import { RECOVERED } from './recover-slice.ts'
import type { SentReport } from './run-store.ts'
import type { ReadReport } from './stored-run.ts'

/** What one process of one worker told last. */
type Heard = { recent: Tally; inFlight: number; oldestMs: number; health: LiveHealth }

/** What is counted of a phase, whoever led the run meanwhile. */
export type HeardOfPhase = Pick<RoundSummary, 'done' | 'failed' | 'generatorCpuMs'>

/** Adds up what the workers of a run told from its beginning on, each word once. */
export class HeardWorkers implements Standing {
  readonly #tally = new Tally()
  readonly #processes = new Map<string, Map<string, Heard>>()
  readonly #phases = new Map<number, HeardOfPhase>()
  readonly #known = new Map<string, number>()

  /** The number of the last word of each. */
  get known(): ReadonlyMap<string, number> {
    return this.#known
  }

  /** @returns what was counted, for each process that told something. */
  hear({ worker, seq, phase, told }: ReadReport): { recent: Tally; ended: string | undefined }[] {
    this.#known.set(worker, seq)
    const processes = this.#processes.get(worker) ?? new Map<string, Heard>()
    this.#processes.set(worker, processes)
    return told.map(({ process, since, ended }) => {
      const recent = Tally.decode(since.tally)
      this.#tally.add(recent)
      this.#count(phase, { recent, health: since.health, before: processes.get(process)?.health })
      const { inFlight, oldestMs, health } = since
      if (process !== RECOVERED) processes.set(process, { recent, inFlight, oldestMs, health })
      return { recent, ended }
    })
  }

  #count(phase: number, heard: { recent: Tally; health: SentReport['since']['health']; before: LiveHealth | undefined }): void {
    const { recent, health, before } = heard
    const { done, failed, generatorCpuMs } = this.phase(phase)
    // What phones cost that are being made is in no figure.
    const ran = health.runMs > (before?.runMs ?? 0)
    this.#phases.set(phase, {
      done: done + recent.done,
      failed: failed + recent.failed,
      generatorCpuMs: generatorCpuMs + (ran ? health.recent.cpuMs : 0),
    })
  }

  phase(number: number): HeardOfPhase {
    return this.#phases.get(number) ?? { done: 0, failed: 0, generatorCpuMs: 0 }
  }

  /** This worker has gone: what it had under way is under way no more. */
  gone(worker: string): void {
    for (const heard of this.#processes.get(worker)?.values() ?? [])
      Object.assign(heard, { recent: new Tally(), inFlight: 0, oldestMs: 0 })
  }

  get #all(): Heard[] {
    return [...this.#processes.values()].flatMap(processes => [...processes.values()])
  }

  get tally(): Tally {
    return Tally.sum([this.#tally])
  }

  get recent(): Tally {
    return Tally.sum(this.#all.map(({ recent }) => recent))
  }

  get inFlight(): number {
    return this.#all.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  get oldestMs(): number {
    return Math.max(0, ...this.#all.map(({ oldestMs }) => oldestMs))
  }

  get ratePerSecond(): number {
    return this.#all.reduce((sum, { recent, health }) => sum + (1000 * recent.ended) / Math.max(1, health.recent.ms), 0)
  }

  get health(): readonly LiveHealth[] {
    return this.#all.map(({ health }) => health)
  }
}
