import type { RunRecord } from '@capfkit/codec/run'
import type { Recording } from '../recording/run-recording.ts'
import type { FleetSummary, RoundSummary } from '../summary.ts'
import type { CoordinatorStore } from './coordinator-store.ts'
import { writeStoredRun } from './stored-run-files.ts'

export type StoreRecordingInit = {
  store: CoordinatorStore
  /** Where the run is to be had as files when it is over, if anywhere. */
  folder: string | undefined
  header: RunRecord<'Header'>
  /** Rounds of before, where the run goes on. */
  rounds: readonly RoundSummary[]
}

/** The recording of a distributed run: it is in the store already, and becomes files at its end. */
export class StoreRecording implements Recording {
  readonly part = undefined
  readonly #init: StoreRecordingInit
  readonly #rounds: RoundSummary[]

  constructor(init: StoreRecordingInit) {
    this.#init = init
    this.#rounds = [...init.rounds]
  }

  async ordered(): Promise<void> {}

  recovered(): void {}

  async roundEnd(number: number, round: RoundSummary): Promise<void> {
    this.#rounds[number] = round
    await this.#init.store.rounds(this.#rounds)
  }

  async end(summary: FleetSummary): Promise<void> {
    const { planned, done, failed, skipped, disturbed, stopped } = summary
    const { folder, header, store } = this.#init
    // Where the files cannot be written, the run can be resumed with another folder.
    await store.end('stopped')
    if (folder !== undefined) await writeStoredRun(store, { folder, header, rounds: this.#rounds, summary })
    await store.end(stopped || done + failed + skipped + disturbed < planned ? 'stopped' : 'ended')
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
