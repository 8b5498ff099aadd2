import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RunEntry, RunRecord } from '@capfkit/codec/run'
import type { Fullest } from '../client-messages.ts'
import type { FleetError } from '../errors.ts'
import { residentBytes } from '../health/resident-memory.ts'
import { FLEET_PHASES, type FleetPhase } from '../phases.ts'
import type { Counted } from '../tally.ts'
import { runFileName } from './file-names.ts'
import { Recorder } from './recorder.ts'
import { OPERATION_NAMES } from './run-header.ts'
import { SessionTape } from './session-tape.ts'

/** What a client process is told of the recording. */
export type PartInit = { folder: string; header: RunRecord<'Header'> }

/** One operation that has ended; moments on the clock of `performance.now()`. */
export type Ended = {
  index: number
  deviceName: string
  round: number
  lap: number
  startedMs: number
  counted: Counted
  /** It did not end by itself: the run was stopped. */
  cut: boolean
}

/** What the recording asks of the engine, and of the process that it runs in. */
export type Standing = {
  inFlight: number
  started: number
  lateStarts: number
  skipped: number
  laggedSamples: number
  /** Of all phases so far, ms. */
  eventLoopDelayRunP99Ms?: number
  keysPooled: number
  keysGenerated: number
} & Fullest

export type PartRecorderInit = PartInit & {
  standing: () => Standing
  /** Done before operations are written as ended. */
  beforeWrite?: (() => Promise<void>) | undefined
  onFailure: (error: FleetError) => void
  /** Hears of each operation that has ended. */
  onOperation?: ((operation: RunRecord<'Operation'>) => void) | undefined
}

/** Of all failed operations in a process [RUN-1.4]. */
const MOST_FRAME_BYTES = 16_777_216
const MOST_DETAIL = 300
/** The monitor looks this often, and counts its own interval as delay. */
const LOOK_MS = 10

const PHASE_INDEX = Object.fromEntries(FLEET_PHASES.map((phase, index) => [phase, index])) as Record<FleetPhase, number>
const OPERATION_INDEX: ReadonlyMap<string, number> = new Map(OPERATION_NAMES.map((name, index) => [name, index]))

/** Where an engine tells what its phones do. */
export type OperationRecorder = Pick<PartRecorder, 'round' | 'operation' | 'skipped' | 'tapeFor' | 'forget'>

/** Writes one process's part of a run: each operation that has ended, and once a second how the process is doing. */
export class PartRecorder implements AsyncDisposable {
  readonly #startedMs: number
  readonly #standing: () => Standing
  readonly #onOperation: ((operation: RunRecord<'Operation'>) => void) | undefined
  readonly #tapes = new Map<number, SessionTape>()
  readonly #delay = monitorEventLoopDelay({ resolution: LOOK_MS })
  #cpu = process.cpuUsage()
  #frameBytes = 0
  #droppedFrames = 0
  #recorder: Recorder | undefined

  private constructor(startedMs: number, { standing, onOperation }: Pick<PartRecorderInit, 'standing' | 'onOperation'>) {
    this.#startedMs = startedMs
    this.#standing = standing
    this.#onOperation = onOperation
    this.#delay.enable()
  }

  /** @throws {FleetError} `FLEET_RECORDING`. */
  static async open(init: PartRecorderInit): Promise<PartRecorder> {
    const { folder, onFailure, beforeWrite } = init
    const startedMs = performance.now()
    const part = new PartRecorder(startedMs, init)
    const header = { ...init.header, startedMs: performance.timeOrigin + startedMs, kind: 'header' } as const
    const { process, generation = 0 } = header
    const file = join(folder, runFileName({ part: 'client', process, generation }))
    part.#recorder = await Recorder.open({ file, header, beforeFlush: () => part.#health(), beforeWrite, onFailure })
    return part
  }

  /** One that writes nothing: somebody only watches. */
  static watching(init: Pick<PartRecorderInit, 'standing' | 'onOperation'>): PartRecorder {
    return new PartRecorder(performance.now(), init)
  }

  /** When it began, ms since 1970. */
  get startedMs(): number {
    return performance.timeOrigin + this.#startedMs
  }

  /** Where the bytes of this phone's sessions go while they run. */
  tapeFor(index: number): SessionTape {
    const tape = new SessionTape(() => performance.now())
    this.#tapes.set(index, tape)
    return tape
  }

  /** A round begins at this moment on the clock of `performance.now()`. */
  round(number: number, startMs: number): void {
    this.#recorder?.add({ kind: 'round', number, startMs: startMs - this.#startedMs })
  }

  /** This phone is forgotten. */
  forget(index: number): void {
    this.#tapes.delete(index)
  }

  skipped({ index, round, lap }: { index: number; round: number; lap: number }): void {
    const atMs = performance.now() - this.#startedMs
    this.#recorder?.add({ kind: 'skipped', phone: index, round, atMs, ...(lap > 0 ? { lap } : {}) })
  }

  operation({ index, deviceName, round, lap, startedMs, counted, cut }: Ended): void {
    const { scheduledMs, actualMs, phasesMs, failure, disturbance } = counted
    const phases: number[] = []
    const times: number[] = []
    for (const phase in phasesMs) {
      phases.push(PHASE_INDEX[phase as FleetPhase])
      times.push(phasesMs[phase as FleetPhase]!)
    }
    const tape = this.#tapes.get(index)
    const failed = failure && this.#failure(failure, tape?.take(startedMs))
    if (!failed) tape?.clear()
    const operation: RunRecord<'Operation'> = {
      phone: index,
      deviceName,
      round,
      operation: OPERATION_INDEX.get(counted.operation) ?? 0,
      startMs: startedMs - this.#startedMs,
      lateMs: scheduledMs - actualMs,
      totalMs: actualMs,
      phases,
      phasesMs: times,
      ...(failed ? { failure: failed } : {}),
      ...(disturbance ? { disturbance: disturbance.fault, outcome: disturbance.outcome } : {}),
      ...(lap > 0 ? { lap } : {}),
      ...(cut ? { cut } : {}),
    }
    this.#recorder?.add({ kind: 'operation', ...operation })
    this.#onOperation?.(operation)
  }

  #failure(failure: NonNullable<Counted['failure']>, taken: ReturnType<SessionTape['take']> | undefined): RunRecord<'Failure'> {
    const { side, phase, reason, detail = '' } = failure
    const { frames = [], dropped = 0 } = taken ?? {}
    this.#droppedFrames += dropped
    const bytes = frames.reduce((sum, { data }) => sum + data.length, 0)
    // Whoever only watches keeps the newest, so that there is always room.
    const hasRoom = this.#recorder === undefined || this.#frameBytes + bytes <= MOST_FRAME_BYTES
    if (hasRoom) this.#frameBytes += bytes
    else this.#droppedFrames += frames.length
    return { side, phase, reason, detail: detail.slice(0, MOST_DETAIL), frames: hasRoom ? frames : [] }
  }

  #health(): RunEntry {
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpu = process.cpuUsage()
    const delayMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - LOOK_MS)
    const [p99, max] = [this.#delay.percentile(99), this.#delay.max]
    this.#delay.reset()
    return {
      kind: 'health',
      atMs: performance.now() - this.#startedMs,
      cpuMs: (user + system) / 1000,
      eventLoopDelayP99Ms: delayMs(p99),
      eventLoopDelayMaxMs: delayMs(max),
      memoryBytes: residentBytes(),
      droppedFrames: this.#droppedFrames,
      ...this.#standing(),
    }
  }

  /** Everything up to now is in the file when it resolves. */
  async flush(): Promise<void> {
    await this.#recorder?.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#delay.disable()
    await this.#recorder?.[Symbol.asyncDispose]()
  }
}
