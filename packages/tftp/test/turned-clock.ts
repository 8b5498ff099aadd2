import type { Timer } from '../src/transfer.ts'

type Running = { callback: () => void; ms: number; at: number }

/** A clock that the test turns: timers fire in the order in which they are due. */
export class TurnedClock {
  #now = 0
  readonly #running = new Set<Running>()

  readonly now = (): number => this.#now

  readonly startTimer = (callback: () => void, ms: number): Timer => {
    const timer: Running = { callback, ms, at: this.#now + ms }
    this.#running.add(timer)
    return {
      refresh: () => {
        timer.at = this.#now + ms
        this.#running.add(timer)
      },
      [Symbol.dispose]: () => void this.#running.delete(timer),
    }
  }

  /** Timers that would fire if nobody stopped them. */
  get waiting(): number {
    return this.#running.size
  }

  turn(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [next] = [...this.#running].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#now = next.at
      this.#running.delete(next)
      next.callback()
    }
    this.#now = until
  }
}
