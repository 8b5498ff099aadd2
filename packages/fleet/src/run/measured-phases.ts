import type { EmbeddedServer } from '../embedded-server.ts'
import type { PhaseStanding } from '../plan/remainder.ts'
import { phaseMs } from '../plan/sequence.ts'
import { type FleetProgress, PhaseWatch } from '../progress.ts'
import type { RoundSummary } from '../summary.ts'
import type { PlannedPhase } from './prepare-run.ts'
import type { Steering } from './steering.ts'

const PROGRESS_MS = 1_000

type MeasuredPhasesInit = {
  steering: Steering
  /** How many phases the run has. */
  of: number
  connectTimeoutMs: number
  server: EmbeddedServer | undefined
  onProgress: (progress: FleetProgress) => void
}

/** Runs the phases of a run, each with its progress, its thresholds and what it cost. */
export class MeasuredPhases {
  readonly #init: MeasuredPhasesInit
  /** When the first phase began, on the clock of `performance.now()`. */
  #beganMs: number | undefined

  constructor(init: MeasuredPhasesInit) {
    this.#init = init
  }

  /** One phase, or what is left of it. */
  async run(phase: PlannedPhase, standing: PhaseStanding | undefined): Promise<RoundSummary> {
    const { steering, of, connectTimeoutMs, server, onProgress } = this.#init
    const { clients, thresholds } = steering
    const { name, number } = phase
    const total = phase.total === undefined ? undefined : phase.total - (standing?.turns ?? 0)
    const before = clients.tally
    const cpuBefore = { generator: this.#generatorCpuMs, server: (await server?.report())?.cpuMs ?? 0 }
    const startedMs = performance.now()
    const place = { number, of, name }
    const watch = new PhaseWatch({ phase: place, total, forMs: phaseMs(phase), before, startedMs, connectTimeoutMs })
    steering.follow(watch)
    this.#beganMs ??= startedMs
    const beganMs = this.#beganMs
    const elapsedMs = () => performance.now() - beganMs
    const show = () => {
      const results = thresholds.results({ tally: clients.tally, seconds: elapsedMs() / 1000 })
      onProgress({ ...watch.look(clients, steering.control.state), thresholds: results })
    }
    thresholds.beginPhase(elapsedMs())
    const everySecond = () => {
      thresholds.look(elapsedMs())
      show()
    }
    const timer = setInterval(everySecond, PROGRESS_MS)
    let ran: Partial<RoundSummary> | undefined
    try {
      show()
      ran = await clients.runPhase(number, standing)
      show()
    } finally {
      clearInterval(timer)
      thresholds.endPhase(elapsedMs())
    }
    const seconds = Math.round(performance.now() - startedMs) / 1000
    const { done, failed } = clients.tally
    const report = await server?.report()
    return {
      operation: name,
      done: done - before.done,
      failed: failed - before.failed,
      seconds,
      generatorCpuMs: this.#generatorCpuMs - cpuBefore.generator,
      ...(report ? { serverCpuMs: report.cpuMs - cpuBefore.server } : {}),
      ...ran,
    }
  }

  get #generatorCpuMs(): number {
    return this.#init.steering.clients.health.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  }
}
