import { Latency } from '../latency.ts'

/** How often the event loop is looked at, ms. */
const LOOK_MS = 10
/** A turn that is later than this is a lag: everything that happened meanwhile was seen that much later than it was. */
export const LAG_MS = 100

export type LoopLagInit = {
  /** Default: the clock of `performance.now()`. */
  now?: () => number
}

/**
 * By how much the event loop was late while it was looked at: each delay for itself, and the sum of the lags, so that a latency can be
 * compared with what this process added to it. Node's own monitor counts the time between two looks at it as a delay.
 */
export class LoopLag {
  /** How late the event loop came round, each time. */
  readonly delays = new Latency()
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0
  #totalMs = 0

  constructor({ now = () => performance.now() }: LoopLagInit = {}) {
    this.#now = now
  }

  start(): void {
    this.#lastMs = this.#now()
    this.#timer = setInterval(() => this.look(), LOOK_MS)
    this.#timer.unref()
  }

  stop(): void {
    if (!this.#timer) return
    // A lag may be under way at this moment.
    this.look()
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** The event loop has come round. */
  look(): void {
    this.#totalMs = this.totalMs
    const nowMs = this.#now()
    this.delays.record(nowMs - this.#lastMs - LOOK_MS)
    this.#lastMs = nowMs
  }

  /** All lags so far, ms; also one that is not over, as when many events came in one turn. */
  get totalMs(): number {
    if (!this.#timer) return this.#totalMs
    const lateMs = this.#now() - this.#lastMs - LOOK_MS
    return this.#totalMs + (lateMs > LAG_MS ? lateMs : 0)
  }
}

/** Of a latency, no more than this share may be the generator's own. */
const MOST_OWN_SHARE = 0.05

/** Whether a latency says less of the server than of this process. Both in ms. */
export const isLagged = ({ latencyMs, lagMs }: { latencyMs: number; lagMs: number }): boolean => lagMs > MOST_OWN_SHARE * latencyMs
