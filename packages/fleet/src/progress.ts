import type { LiveHealth } from './client-messages.ts'
import type { ControlState } from './control.ts'
import { nothingAnswers, UNREACHABLE_AFTER } from './reachability.ts'
import type { Tally } from './tally.ts'
import type { ThresholdResult } from './thresholds/watch.ts'

/** One phase among the phases of a plan. */
export type PhaseOfRun = { number: number; of: number; name: string }

/** Timers of a busy process fire so much too late. */
const SLACK_MS = 250

/** How a phase goes. */
export type PhaseProgress = {
  stage: 'phase'
  phase: PhaseOfRun
  /** Sessions of the phase that have ended, of those that it has; how many it has is not known where that depends on the server. */
  done: number
  total: number | undefined
  /** Of the phase, and how long it lasts at most, ms. */
  elapsedMs: number
  forMs: number | undefined
  failed: number
  inFlight: number
  /** Of late. */
  ratePerSecond: number
  /** From the actual start, over all phases so far. */
  p50Ms: number
  p99Ms: number
  /** Everything that was counted in the run so far, and in the last second. */
  tally: Tally
  recent: Tally
  /** Of each client process. */
  health: readonly LiveHealth[]
  control: ControlState
  /** How the thresholds of the plan stand. */
  thresholds?: readonly ThresholdResult[]
}

/** A run before its first phase: whom it loads, and with what. */
export type PreparedRun = {
  /** HOST:PORT of the CAPF server. */
  target: string
  seed: number
  phones: number
  phases: readonly { name: string; total: number | undefined }[]
}

/** What a run is doing, for whoever shows it. */
export type FleetProgress =
  | { stage: 'keys' | 'phones'; done: number; total: number }
  | { stage: 'server' }
  | { stage: 'ready'; run: PreparedRun }
  | PhaseProgress

/** What the processes of a run have told. */
export type Standing = {
  readonly tally: Tally
  readonly recent: Tally
  readonly inFlight: number
  /** How long the session has been under way that began first of all that are, ms. */
  readonly oldestMs: number
  readonly ratePerSecond: number
  readonly health: readonly LiveHealth[]
}

export type PhaseWatchInit = {
  phase: PhaseOfRun
  total: number | undefined
  forMs: number | undefined
  /** What stood before the phase began. */
  before: Tally
  startedMs: number
  /** How long a connect may take, ms. */
  connectTimeoutMs: number
}

/** Turns what the processes say into the progress of one phase. */
export class PhaseWatch {
  readonly #init: PhaseWatchInit

  constructor(init: PhaseWatchInit) {
    this.#init = init
  }

  /** Nothing answers at all: there is no point in going on. */
  isHopeless({ tally: { done, failures }, oldestMs }: Pick<Standing, 'tally' | 'oldestMs'>): boolean {
    const { total = UNREACHABLE_AFTER, connectTimeoutMs, startedMs } = this.#init
    const mostMs = connectTimeoutMs + SLACK_MS
    // Connects that take their time to fail: one that did is enough, when by now all others have failed or are younger.
    const hadTime = performance.now() - startedMs > mostMs && oldestMs < mostMs
    const enough = hadTime ? 1 : Math.min(total, UNREACHABLE_AFTER)
    return nothingAnswers([{ done, failures: failures.values() }], { enough })
  }

  look({ tally, recent, inFlight, ratePerSecond, health }: Standing, control: ControlState): PhaseProgress {
    const { phase, total, forMs, before, startedMs } = this.#init
    return {
      stage: 'phase',
      phase,
      total,
      forMs,
      elapsedMs: performance.now() - startedMs,
      done: tally.ended - before.ended,
      failed: tally.failed - before.failed,
      inFlight,
      ratePerSecond,
      p50Ms: tally.actual.percentile(50),
      p99Ms: tally.actual.percentile(99),
      tally,
      recent,
      health,
      control,
    }
  }
}
