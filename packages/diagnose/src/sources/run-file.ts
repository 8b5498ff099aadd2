import { RUN_FORMAT, RunError, RunReader } from '@capfkit/codec/run'
import type { Witness } from './source-kind.ts'

const HEAD_BYTES = 64

/** Whether bytes are the beginning of a recorded run. */
export const looksLikeRun = (bytes: Buffer): boolean => bytes.subarray(0, HEAD_BYTES).includes(RUN_FORMAT)

/** Reads the operations that failed in a recorded run; `line` counts entries. */
export class RunFile {
  readonly #reader: RunReader
  readonly #witness: Witness
  #entry = 0

  constructor(witness: Witness) {
    this.#witness = witness
    this.#reader = new RunReader(witness.fileName)
  }

  get entries(): number {
    return this.#entry
  }

  /** Whether to go on: behind a damaged entry nothing can be read. */
  push(chunk: Buffer): boolean {
    try {
      for (const entry of this.#reader.push(chunk)) {
        this.#entry++
        if (entry.kind !== 'operation') continue
        const { deviceName: device, failure, startMs, totalMs } = entry
        const at = (this.#reader.header?.startedMs ?? 0) + startMs + totalMs
        if (failure?.reason) {
          const { reason, phase, detail } = failure
          const text = `${device}: ${reason} in phase ${phase}: ${detail}`
          this.#witness.sight({ clue: 'run.failure', line: this.#entry, text, at, device, values: { reason, phase, detail } })
        } else this.#witness.done(device, at)
      }
      return true
    } catch (error) {
      if (!(error instanceof RunError)) throw error
      this.#witness.leftOuts.note(`the rest: ${error.message}`)
      return false
    }
  }
}
