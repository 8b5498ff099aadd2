import type { RunRecord } from '@capfkit/codec/run'
import { FLEET_PHASES } from '../phases.ts'
import type { EndedLately } from '../recording/recent-ends.ts'
import { OPERATION_NAMES } from '../recording/run-header.ts'
import { findRun, readParts } from '../report/read-run.ts'
import type { PhoneSource, PhoneTimeline, RecentOperations, TimelineOperation } from './phone-timeline.ts'
import { timelineFrames } from './timeline-frames.ts'

const MOST_LAST = 500
const MOST_FAILED = 200
/** Told of one phone. */
const MOST_OF_ONE = 200
/** Told of the newest. */
const MOST_RECENT = 50

type Named = { readonly operation: RunRecord<'Operation'>; readonly startedMs: number }

/** What the numbers in a record stand for. */
type Names = { readonly stretches: readonly string[]; readonly operations: readonly string[]; readonly phases: readonly string[] }

const timelineOf = ({ operation, startedMs }: Named, names: Names): TimelineOperation => {
  const { deviceName, round, startMs, lateMs, totalMs, phases, phasesMs, failure } = operation
  return {
    deviceName,
    phase: round,
    phaseName: names.phases[round] ?? `phase ${round + 1}`,
    operation: names.operations[operation.operation] ?? 'unknown',
    startedAtMs: startedMs + startMs,
    lateMs,
    totalMs,
    stretches: phases.map((phase, index) => ({ name: names.stretches[phase] ?? 'unknown', ms: phasesMs[index] ?? 0 })),
    ...(failure ? { failure: { ...failure, frames: timelineFrames(failure.frames) } } : {}),
  }
}

/** Without the frames, which nobody sees in a list. */
const listed = ({ operation, startedMs }: Named): Named =>
  operation.failure
    ? { startedMs, operation: { ...operation, failure: { ...operation.failure, frames: [] } } }
    : { operation, startedMs }

export type PhoneLogInit = {
  /** Where the run is recorded; without it, what is in memory is all that is known. */
  readonly folder?: string | undefined
  /** Names of the phases of the plan, as far as they are known. */
  readonly phaseNames: () => readonly string[]
}

/** Operations of single phones while a run goes on: the newest from memory, all of one phone from the recording. */
export class PhoneLog implements PhoneSource {
  readonly #init: PhoneLogInit
  #last: Named[] = []
  #failed: Named[] = []

  constructor(init: PhoneLogInit) {
    this.#init = init
  }

  hear({ startedMs, operations }: EndedLately): void {
    const named = operations.map(operation => ({ operation, startedMs }))
    this.#last = [...this.#last, ...named].slice(-MOST_LAST)
    this.#failed = [...this.#failed, ...named.filter(({ operation }) => operation.failure)].slice(-MOST_FAILED)
  }

  recent(): RecentOperations {
    const names = this.#names()
    const newest = (list: readonly Named[]) =>
      list
        .slice(-MOST_RECENT)
        .reverse()
        .map(one => timelineOf(listed(one), names))
    return { last: newest(this.#last), failed: newest(this.#failed) }
  }

  async phone(deviceName: string, signal: AbortSignal): Promise<PhoneTimeline> {
    const { folder } = this.#init
    return folder === undefined ? this.#fromMemory(deviceName) : await this.#fromRecording(deviceName, { folder, signal })
  }

  #names(): Names {
    return { stretches: FLEET_PHASES, operations: OPERATION_NAMES, phases: this.#init.phaseNames() }
  }

  #fromMemory(deviceName: string): PhoneTimeline {
    const found = [...new Set([...this.#failed, ...this.#last])].filter(({ operation }) => operation.deviceName === deviceName)
    const names = this.#names()
    const operations = found.map(one => timelineOf(one, names)).sort((a, b) => a.startedAtMs - b.startedAtMs)
    return { deviceName, from: 'memory', isPart: true, operations }
  }

  /** Every part is read: which one has the phone is not said, and a run that was resumed has it in several. */
  async #fromRecording(deviceName: string, { folder, signal }: { folder: string; signal: AbortSignal }): Promise<PhoneTimeline> {
    const operations: TimelineOperation[] = []
    const files = await findRun(folder)
    const phases = files.generations[0].header.rounds.map(({ operation }) => operation)
    const read = readParts(files, (entries, header) => {
      signal.throwIfAborted()
      const names = { stretches: header.phases, operations: header.operations, phases }
      for (const entry of entries)
        if (entry.kind === 'operation' && entry.deviceName === deviceName && operations.length <= MOST_OF_ONE)
          operations.push(timelineOf({ operation: entry, startedMs: header.startedMs }, names))
    })
    await read.catch(error => {
      signal.throwIfAborted()
      throw error
    })
    const isPart = operations.length > MOST_OF_ONE
    return { deviceName, from: 'recording', isPart, operations: operations.slice(0, MOST_OF_ONE) }
  }
}
