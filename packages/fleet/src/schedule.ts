import type { Pace } from './pace.ts'

/** One start: `dueMs` is the moment that the schedule names, ms from its beginning. */
export type Start<T> = { item: T; dueMs: number }

export type ScheduleInit<T> = {
  /** What to start, in order; in an open model with the moment for each. */
  starts: Iterable<Start<T>>
  /** `undefined`: by due times alone. Otherwise at most so many at once, each start due when a place is free. */
  concurrency: number | undefined
  /** Nothing starts any more when the schedule is there, ms. */
  untilMs?: number | undefined
  pace: Pace
  /** Open model: whether this one can start now at all; what cannot is never made up for. */
  mayStart?: (item: T) => boolean
  /** Closed model: what comes after this one has ended, and how long after; nothing without it. */
  next?: ((item: T) => { item: T; afterMs: number } | undefined) | undefined
  /** Runs one; `dueMs` on the clock of `performance.now()`. Never rejects. */
  run(start: Start<T>): Promise<void>
  signal: AbortSignal
}

/** So many may start in one turn of the event loop: more would only queue behind each other's handshakes. */
const STARTS_A_TURN = 16

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** A pause has no end that is known: it is looked for again now and then. */
const LONGEST_WAIT_MS = 60_000

/** Until the schedule is there; returns early when its pace changes. */
const waitFor = (dueMs: number, { pace, signal }: { pace: Pace; signal: AbortSignal }): Promise<void> =>
  new Promise(resolve => {
    const over = () => {
      clearTimeout(timer)
      forget()
      signal.removeEventListener('abort', over)
      resolve()
    }
    // By now it may be due: Node warns of a time that is negative.
    const waitMs = Math.max(0, Math.ceil(pace.realMs(dueMs) - performance.now()))
    const timer = setTimeout(over, Math.min(waitMs, LONGEST_WAIT_MS))
    const forget = pace.onChange(over)
    signal.addEventListener('abort', over, { once: true })
  })

/** Open model: a start waits for its due time and for nothing else, so a slow server does not slow the load down. */
const byDueTime = async <T>(init: ScheduleInit<T>): Promise<void> => {
  const { starts, run, signal, pace, untilMs = Number.POSITIVE_INFINITY, mayStart = () => true } = init
  const running = new Set<Promise<void>>()
  let inThisTurn = 0
  for (const { item, dueMs } of starts) {
    if (dueMs >= untilMs) break
    if (pace.realMs(dueMs) - performance.now() <= 1 && ++inThisTurn % STARTS_A_TURN === 0) await turn()
    while (!signal.aborted && pace.realMs(dueMs) - performance.now() > 1) await waitFor(dueMs, init)
    if (signal.aborted) break
    if (!mayStart(item)) continue
    const session = run({ item, dueMs: pace.realMs(dueMs) }).finally(() => running.delete(session))
    running.add(session)
  }
  await Promise.all(running)
}

/** Closed model: the next starts when one has ended. */
class Lanes<T> {
  readonly #init: ScheduleInit<T>
  readonly #fresh: Iterator<Start<T>>
  /** What comes again and could start now. */
  readonly #ready: T[] = []
  #running = 0
  /** What comes again, and thinks until then. */
  readonly #thinking = new Set<NodeJS.Timeout>()
  #hasFresh = true
  #isFilling = false
  readonly #over = Promise.withResolvers<void>()

  constructor(init: ScheduleInit<T>) {
    this.#init = init
    this.#fresh = init.starts[Symbol.iterator]()
  }

  async run(): Promise<void> {
    const { pace, signal } = this.#init
    // It begins for all machines of a run at the same moment.
    while (!signal.aborted && pace.realMs(0) - performance.now() > 1) await waitFor(0, this.#init)
    const forget = pace.onChange(this.#wake)
    signal.addEventListener('abort', this.#wake, { once: true })
    this.#wake()
    await this.#over.promise
    for (const timer of this.#thinking) clearTimeout(timer)
    forget()
    signal.removeEventListener('abort', this.#wake)
  }

  readonly #wake = (): void => {
    if (!this.#isFilling) void this.#fill()
  }

  get #isOver(): boolean {
    const { signal, pace, untilMs = Number.POSITIVE_INFINITY } = this.#init
    return signal.aborted || pace.scheduleMs >= untilMs
  }

  get #places(): number {
    const { concurrency = 1, pace } = this.#init
    return pace.state.paused ? 0 : Math.max(1, Math.round(concurrency * pace.state.factor))
  }

  /** Those that come again wait their turn behind those that were not there yet. */
  #take(): T | undefined {
    if (this.#hasFresh) {
      const { done, value } = this.#fresh.next()
      if (!done) return value.item
      this.#hasFresh = false
    }
    return this.#ready.shift()
  }

  /** Into a free place, if there is one and something for it. */
  #startNext(): boolean {
    if (this.#isOver || this.#running >= this.#places) return false
    const item = this.#take()
    if (item === undefined) return false
    void this.#start(item)
    return true
  }

  async #fill(): Promise<void> {
    this.#isFilling = true
    for (let started = 1; this.#startNext(); started++) if (started % STARTS_A_TURN === 0) await turn()
    this.#isFilling = false
    const nothingComes = this.#isOver || (!this.#hasFresh && this.#ready.length === 0 && this.#thinking.size === 0)
    if (this.#running === 0 && nothingComes) this.#over.resolve()
  }

  async #start(item: T): Promise<void> {
    const { run, next } = this.#init
    this.#running++
    await run({ item, dueMs: performance.now() })
    this.#running--
    const again = this.#isOver ? undefined : next?.(item)
    if (again && again.afterMs > 0) this.#think(again)
    else if (again) this.#ready.push(again.item)
    this.#startNext()
    this.#wake()
  }

  #think({ item, afterMs }: { item: T; afterMs: number }): void {
    const timer = setTimeout(() => {
      this.#thinking.delete(timer)
      this.#ready.push(item)
      this.#wake()
    }, afterMs)
    this.#thinking.add(timer)
  }
}

/** Start everything and wait until the last has ended. After `signal` nothing starts any more. */
export const runSchedule = <T>(init: ScheduleInit<T>): Promise<void> =>
  init.concurrency === undefined ? byDueTime(init) : new Lanes(init).run()
