/** The clock of a laboratory: it runs, it can be turned, and it can run faster than the world so that ten seconds pass in one. */
export class LabClock {
  readonly rate: number
  readonly #startedAt = performance.now()
  readonly #startMs: number
  #turnedMs = 0

  /** @param init.at  where it starts; default: the time of this machine. @param init.rate  seconds of its own in a second. */
  constructor({ at = new Date(), rate = 1 }: { at?: Date; rate?: number } = {}) {
    this.#startMs = at.getTime()
    this.rate = rate
  }

  /** Milliseconds since 1970, never backwards. */
  readonly nowMs = (): number => this.#startMs + this.#turnedMs + (performance.now() - this.#startedAt) * this.rate

  readonly now = (): Date => new Date(this.nowMs())

  /** Forward only: parties measure with it. */
  turn(ms: number): void {
    if (ms < 0) throw new RangeError(`a clock is turned forward, not by ${ms} ms`)
    this.#turnedMs += ms
  }

  /** A wait of whoever lives by this clock: it is turned, and nobody waits. */
  readonly delay = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted()
    this.turn(ms)
  }

  /** How long a time-out of its own is in the world, ms. */
  realMs(ms: number): number {
    return Math.ceil(ms / this.rate)
  }

  readonly startTimer = (callback: () => void, ms: number): NodeJS.Timeout => setTimeout(callback, this.realMs(ms))
}
