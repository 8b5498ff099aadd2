import type { LiveHealth } from '../client-messages.ts'
import type { ControlState } from '../control.ts'
import { FLEET_PHASES } from '../phases.ts'
import type { FleetProgress, PhaseProgress, PreparedRun } from '../progress.ts'
import { generatorFindings } from '../summary.ts'
import { Tally } from '../tally.ts'
import { figuresOf, percentilesOf, round3, shareOf } from './measured.ts'
import {
  type LiveFailure,
  type LivePhase,
  type LiveProcess,
  type LiveSnapshot,
  MOST_FAILURES,
  type RunState,
  SNAPSHOT_VERSION,
} from './snapshot.ts'

const STAGES = { keys: 'making RSA keys', phones: 'making phones', server: 'starting the server', ready: 'making phones' } as const

const failuresOf = ({ failures }: Tally): { failures: LiveFailure[]; otherFailures: number } => {
  const all = [...failures.values()].sort((a, b) => b.count - a.count)
  const others = all.slice(MOST_FAILURES)
  return { failures: all.slice(0, MOST_FAILURES), otherFailures: others.reduce((sum, { count }) => sum + count, 0) }
}

const stateOf = ({ stopping, draining, paused }: ControlState): RunState =>
  stopping ? 'stopping' : draining ? 'draining' : paused ? 'paused' : 'running'

const processOf = ({ recent, memoryBytes }: LiveHealth, process: number): LiveProcess => ({
  process,
  cpuShare: shareOf(recent),
  eventLoopDelayP99Ms: round3(recent.eventLoopDelayMs.p99),
  eventLoopDelayMaxMs: round3(recent.eventLoopDelayMs.max),
  memoryBytes,
})

/** What spoils the figures, if it goes on so. */
const warningsOf = ({ tally, health }: PhaseProgress): string[] =>
  generatorFindings({ tally, health, isScheduled: true }).flatMap(({ because }) => because ?? [])

const makingOf = (progress: Exclude<FleetProgress, PhaseProgress>): LiveSnapshot['making'] => {
  if (progress.stage === 'server') return undefined
  return progress.stage === 'ready' ? { done: 0, total: progress.run.phones } : { done: progress.done, total: progress.total }
}

/** What processes told last when a phase has just begun is of the phase before. */
const FRESH_MS = 500

export type LiveViewInit = {
  /** ms since 1970. */
  readonly now: () => number
  readonly control: { readonly state: ControlState }
}

/** Turns the progress of a run into what is shown of it. */
export class LiveView {
  readonly #init: LiveViewInit
  #run: PreparedRun | undefined
  #phases: LivePhase[] = []
  /** When the first phase began, ms since 1970. */
  #beganAtMs: number | undefined
  #last: LiveSnapshot

  constructor(init: LiveViewInit) {
    this.#init = init
    const atMs = init.now()
    this.#last = {
      version: SNAPSHOT_VERSION,
      atMs,
      seconds: 0,
      state: 'preparing',
      control: init.control.state,
      stage: 'beginning',
      run: { target: '', seed: 0, phones: 0, startedAtMs: atMs },
      phases: [],
      figures: {},
      failures: [],
      otherFailures: 0,
      disturbances: [],
      stretches: [],
      processes: [],
      thresholds: [],
      warnings: [],
    }
  }

  get last(): LiveSnapshot {
    return this.#last
  }

  /** The run after this has happened. */
  see(progress: FleetProgress): LiveSnapshot {
    const { now, control } = this.#init
    if (progress.stage === 'phase') this.#last = this.#inPhase(progress)
    else {
      if (progress.stage === 'ready') this.#begin(progress.run)
      const making = makingOf(progress)
      const stage = STAGES[progress.stage]
      this.#last = { ...this.#last, ...this.#fixed(), atMs: now(), control: control.state, stage, making }
    }
    return this.#last
  }

  /** Nothing runs any more. */
  end(): LiveSnapshot {
    this.#last = { ...this.#last, atMs: this.#init.now(), state: 'ended', control: this.#init.control.state }
    return this.#last
  }

  #begin(run: PreparedRun): void {
    this.#run = run
    this.#phases = run.phases.map(({ name, total }) => ({ name, total, ended: 0 }))
  }

  #fixed(): Pick<LiveSnapshot, 'run' | 'phases'> {
    const { target = '', seed = 0, phones = 0 } = this.#run ?? {}
    return { run: { target, seed, phones, startedAtMs: this.#last.run.startedAtMs }, phases: [...this.#phases] }
  }

  #inPhase(told: PhaseProgress): LiveSnapshot {
    const progress = told.elapsedMs < FRESH_MS && told.done === 0 ? { ...told, recent: new Tally() } : told
    const atMs = this.#init.now()
    this.#beganAtMs ??= atMs
    const { phase, total, done, tally, recent, health, control } = progress
    this.#phases[phase.number] = { name: phase.name, total, ended: done }
    const isKnown = this.#phases.every(one => one.total !== undefined)
    const planned = isKnown ? this.#phases.reduce((sum, one) => sum + (one.total ?? 0), 0) : undefined
    return {
      ...this.#last,
      ...this.#fixed(),
      atMs,
      seconds: round3((atMs - this.#beganAtMs) / 1000),
      state: stateOf(control),
      control,
      stage: phase.name,
      making: undefined,
      phase: phase.number,
      figures: figuresOf(progress, planned),
      ...failuresOf(tally),
      stretches: FLEET_PHASES.filter(name => tally.phases[name].count > 0).map(name => ({
        phase: name,
        last: percentilesOf(recent.phases[name]),
        run: percentilesOf(tally.phases[name]),
      })),
      processes: health.map(processOf),
      thresholds: (progress.thresholds ?? []).map(({ name, wanted, got, ok }) => ({
        sentence: `${name} ${wanted}`,
        value: got,
        holds: ok,
      })),
      disturbances: [...tally.disturbances.values()],
      warnings: warningsOf(progress),
    }
  }
}
