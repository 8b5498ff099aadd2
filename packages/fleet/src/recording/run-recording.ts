import { join } from 'node:path'
import type { RunRecord } from '@capfkit/codec/run'
import type { FleetError } from '../errors.ts'
import type { FleetSummary, RoundSummary } from '../summary.ts'
import { runFileName } from './file-names.ts'
import type { PartInit } from './part-recorder.ts'
import { Recorder } from './recorder.ts'
import { thresholdRecord } from './threshold-record.ts'

/** Where it is kept how a run goes. */
export type Recording = AsyncDisposable & {
  /** What client processes of this machine are told of it. */
  readonly part: PartInit | undefined
  roundEnd(number: number, round: RoundSummary): Promise<void> | void
  ordered(round: number): Promise<void>
  recovered(done: RunRecord<'Recovered'>): void
  /** The last of it. */
  end(summary: FleetSummary): Promise<void>
}

/** The recording of a run in its folder: the file of the run itself, and what the processes need for theirs. */
export class RunRecording implements Recording {
  readonly #recorder: Recorder
  readonly #startedMs: number
  /** What each client process is told; which of them it is, it knows. */
  readonly part: PartInit

  private constructor(recorder: Recorder, part: PartInit) {
    this.#recorder = recorder
    this.#startedMs = part.header.startedMs
    this.part = part
  }

  /** @param init.onFailure  told once when nothing more can be written. @throws {FleetError} `FLEET_RECORDING`. */
  static async begin(init: {
    folder: string
    header: RunRecord<'Header'>
    onFailure: (error: FleetError) => void
  }): Promise<RunRecording> {
    const { folder, header, onFailure } = init
    const { generation = 0 } = header
    const file = join(folder, runFileName({ part: 'run', process: 0, generation }))
    const recorder = await Recorder.open({ file, header: { ...header, kind: 'header' }, onFailure })
    return new RunRecording(recorder, { folder, header })
  }

  roundEnd(number: number, { seconds, generatorCpuMs, serverCpuMs = 0 }: RoundSummary): void {
    this.#recorder.add({ kind: 'roundEnd', number, seconds, generatorCpuMs, serverCpuMs })
  }

  /** Everything of this round was ordered: it is in the file when it resolves, before anything of it starts. */
  async ordered(round: number): Promise<void> {
    this.#recorder.add({ kind: 'ordered', round })
    await this.#recorder.flush()
  }

  recovered(done: RunRecord<'Recovered'>): void {
    this.#recorder.add({ kind: 'recovered', ...done })
  }

  /** The last that is written. */
  async end({ verdict, because, stopped, server, keys, thresholds }: FleetSummary): Promise<void> {
    this.#recorder.add({
      kind: 'footer',
      endedMs: performance.timeOrigin + performance.now() - this.#startedMs,
      verdict,
      because,
      stopped,
      serverProcesses: server?.processes ?? 0,
      serverMemoryBytes: server?.memoryBytes ?? 0,
      poolSize: keys.poolSize,
      thresholds: thresholds.map(thresholdRecord),
    })
    await this.#recorder.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#recorder[Symbol.asyncDispose]()
  }
}
