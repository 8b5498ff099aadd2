import type { RunRecord } from '@capfkit/codec/run'
import { type OperationRecorder, PartRecorder, type Standing } from '../recording/part-recorder.ts'
import { becameOf } from '../report/run-accounts.ts'
import type { Result } from './slice-messages.ts'

/** Bytes of failed sessions that are kept of each process in each second; a failure without them is a failure as well. */
const MOST_FRAME_BYTES = 1_048_576

const frameBytes = ({ failure }: RunRecord<'Operation'>) => failure?.frames?.reduce((sum, { data }) => sum + data.length, 0) ?? 0

/** Collects what becomes of the phones of a process until it is taken. */
export class ResultRecorder implements OperationRecorder, AsyncDisposable {
  readonly #part: PartRecorder
  #results: Result[] = []
  #bytes = 0

  /** @param onOperation  hears of each operation that has ended. */
  constructor(standing: () => Standing, onOperation: (operation: RunRecord<'Operation'>) => void) {
    const heard = (operation: RunRecord<'Operation'>) => {
      this.#add(operation)
      onOperation(operation)
    }
    this.#part = PartRecorder.watching({ standing, onOperation: heard })
  }

  /** Times of the entries count from here, ms since 1970. */
  get startedMs(): number {
    return this.#part.startedMs
  }

  #add(operation: RunRecord<'Operation'>): void {
    const { phone, round, lap = 0, totalMs, failure } = operation
    const bytes = frameBytes(operation)
    const hasRoom = this.#bytes + bytes <= MOST_FRAME_BYTES
    if (hasRoom) this.#bytes += bytes
    const kept = failure && !hasRoom ? { ...operation, failure: { ...failure, frames: [] } } : operation
    this.#results.push({
      ...{ phase: round, phone, lap, totalMs },
      outcome: becameOf(operation),
      ...(failure ? { failure: `${failure.side} ${failure.phase} ${failure.reason}` } : {}),
      entry: { kind: 'operation', ...kept },
    })
  }

  skipped({ index, round, lap }: { index: number; round: number; lap: number }): void {
    const atMs = performance.timeOrigin + performance.now() - this.startedMs
    this.#results.push({
      ...{ phase: round, phone: index, lap, outcome: 'skipped', totalMs: 0 },
      entry: { kind: 'skipped', phone: index, round, atMs, ...(lap > 0 ? { lap } : {}) },
    })
  }

  /** What came together since the call before. */
  take(): Result[] {
    const results = this.#results
    this.#results = []
    this.#bytes = 0
    return results
  }

  /** When a phase began is known to whoever leads the run. */
  round(): void {}

  operation(...ended: Parameters<OperationRecorder['operation']>): void {
    this.#part.operation(...ended)
  }

  tapeFor(index: number): ReturnType<OperationRecorder['tapeFor']> {
    return this.#part.tapeFor(index)
  }

  forget(index: number): void {
    this.#part.forget(index)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#part[Symbol.asyncDispose]()
  }
}
