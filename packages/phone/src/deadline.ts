/** A running timer: Node's `setTimeout` gives one. */
export type Timer = { refresh(): unknown; [Symbol.dispose](): void }
export type StartTimer = (callback: () => void, ms: number) => Timer

/**
 * The one timer of a session, set anew for each wait. Waits of the same length reuse the timer, which costs next to nothing;
 * none is longer than what is left of the session.
 */
export class Deadline {
  readonly #startTimer: StartTimer
  readonly #now: () => number
  readonly #fire: (isSessionOver: boolean) => void
  readonly #sessionEnd: number
  #timer: Timer | undefined
  #ms = -1

  constructor(init: { startTimer: StartTimer; now: () => number; sessionMs: number; fire: (isSessionOver: boolean) => void }) {
    this.#startTimer = init.startTimer
    this.#now = init.now
    this.#fire = init.fire
    this.#sessionEnd = init.now() + init.sessionMs
  }

  /** Fire after `ms` milliseconds instead of whenever it was to fire before. */
  set(ms: number): void {
    const bounded = Math.max(1, Math.min(ms, Math.ceil(this.#sessionEnd - this.#now())))
    if (this.#timer && bounded === this.#ms) {
      this.#timer.refresh()
      return
    }
    this.#timer?.[Symbol.dispose]()
    this.#ms = bounded
    this.#timer = this.#startTimer(() => this.#fire(this.#now() >= this.#sessionEnd), bounded)
  }

  clear(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }
}
