import type { RunRecord } from '@capfkit/codec/run'

/** What ended lately in a process, for whoever watches: a run has far more than can be looked at. */
export type EndedLately = {
  /** ms since 1970; `startMs` of the operations counts from here. */
  readonly startedMs: number
  readonly operations: readonly RunRecord<'Operation'>[]
}

const MOST_DONE = 40
const MOST_FAILED = 20

/** Operations that ended since somebody looked last: the newest that were done, and the newest that failed. */
export class RecentEnds {
  #done: RunRecord<'Operation'>[] = []
  #failed: RunRecord<'Operation'>[] = []

  readonly add = (operation: RunRecord<'Operation'>): void => {
    const [list, most] = operation.failure ? [this.#failed, MOST_FAILED] : [this.#done, MOST_DONE]
    list.push(operation)
    if (list.length > most) list.shift()
  }

  take(): RunRecord<'Operation'>[] {
    const taken = [...this.#done, ...this.#failed].sort((a, b) => a.startMs + a.totalMs - b.startMs - b.totalMs)
    this.#done = []
    this.#failed = []
    return taken
  }
}
