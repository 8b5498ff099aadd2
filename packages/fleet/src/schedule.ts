import { setTimeout as delay } from 'node:timers/promises'

/** One start: `dueMs` is the moment that the schedule names, on the clock of `performance.now()`. */
export type Start<T> = { item: T; dueMs: number }

export type ScheduleInit<T> = {
  /** What to start, in order; in rate mode with the moment for each. */
  starts: Iterable<Start<T>>
  /** `undefined`: by due times alone. Otherwise at most so many at once, each start due when a place is free. */
  concurrency: number | undefined
  /** Runs one; never rejects. */
  run(start: Start<T>): Promise<void>
  signal: AbortSignal
}

/** So many may start in one turn of the event loop: more would only queue behind each other's handshakes. */
const STARTS_A_TURN = 16

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Open model: a start waits for its due time and for nothing else, so a slow server does not slow the load down. */
const byDueTime = async <T>({ starts, run, signal }: ScheduleInit<T>): Promise<void> => {
  const running = new Set<Promise<void>>()
  let inThisTurn = 0
  for (const start of starts) {
    const waitMs = start.dueMs - performance.now()
    if (waitMs > 1) await delay(Math.ceil(waitMs), undefined, { signal }).catch(() => {})
    else if (++inThisTurn % STARTS_A_TURN === 0) await turn()
    if (signal.aborted) break
    const session = run(start).finally(() => running.delete(session))
    running.add(session)
  }
  await Promise.all(running)
}

/** Closed model: the next starts when one has ended. */
const byConcurrency = async <T>({ starts, run, signal, concurrency = 1 }: ScheduleInit<T>): Promise<void> => {
  const iterator = starts[Symbol.iterator]()
  const lane = async () => {
    while (!signal.aborted) {
      const next = iterator.next()
      if (next.done) return
      await run({ item: next.value.item, dueMs: performance.now() })
    }
  }
  const lanes: Promise<void>[] = []
  for (let index = 0; index < concurrency; index++) {
    lanes.push(lane())
    if (lanes.length % STARTS_A_TURN === 0) await turn()
  }
  await Promise.all(lanes)
}

/** Start everything and wait until the last has ended. After `signal` nothing starts any more. */
export const runSchedule = <T>(init: ScheduleInit<T>): Promise<void> =>
  init.concurrency === undefined ? byDueTime(init) : byConcurrency(init)
