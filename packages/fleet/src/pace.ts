/** How fast the schedule of a run goes: 1 is as planned. */
export type PaceState = { readonly factor: number; readonly paused: boolean }

/** Speeds that make sense; slower is a pause. */
export const FACTORS = { min: 0.01, max: 100 } as const

/** As planned. */
export const PLANNED_PACE: PaceState = { factor: 1, paused: false }

/**
 * The clock of a schedule: it can be stopped and run faster or slower. What is due follows it, so that the time of a pause makes
 * nothing late.
 */
export class Pace {
  #wanted: PaceState
  readonly #mayGoOn: () => boolean
  #goesOn = true
  /** At this moment of `performance.now()` the schedule stood there, ms. */
  #anchorMs: number
  #scheduleMs = 0
  readonly #changed = new Set<() => void>()

  /**
   * @param startMs  the moment on the clock of `performance.now()` at which the schedule is at 0.
   * @param init.mayGoOn  asked whenever the schedule is looked at: while it says no, it is paused.
   */
  constructor(startMs: number, init: { wanted?: PaceState; mayGoOn?: (() => boolean) | undefined } = {}) {
    this.#anchorMs = startMs
    this.#wanted = init.wanted ?? PLANNED_PACE
    this.#mayGoOn = init.mayGoOn ?? (() => true)
  }

  /** What was asked for, whether or not it may go on. */
  get wanted(): PaceState {
    return this.#wanted
  }

  get state(): PaceState {
    const goesOn = this.#mayGoOn()
    if (goesOn !== this.#goesOn) this.#turn(() => (this.#goesOn = goesOn))
    return this.#state
  }

  get #state(): PaceState {
    return this.#goesOn ? this.#wanted : { ...this.#wanted, paused: true }
  }

  /** Where the schedule is, ms. */
  get scheduleMs(): number {
    const { factor, paused } = this.state
    return paused ? this.#scheduleMs : this.#scheduleMs + (performance.now() - this.#anchorMs) * factor
  }

  /** When the schedule is there, on the clock of `performance.now()`; never, as long as it is paused. */
  realMs(scheduleMs: number): number {
    const { factor, paused } = this.state
    return paused ? Number.POSITIVE_INFINITY : this.#anchorMs + (scheduleMs - this.#scheduleMs) / factor
  }

  change(wanted: PaceState): void {
    const goesOn = this.#mayGoOn()
    this.#turn(() => {
      this.#wanted = wanted
      this.#goesOn = goesOn
    })
  }

  /** From now on it goes otherwise. */
  #turn(become: () => void): void {
    const { factor, paused } = this.#state
    const nowMs = performance.now()
    if (!paused) this.#scheduleMs += (nowMs - this.#anchorMs) * factor
    this.#anchorMs = nowMs
    become()
    for (const hear of [...this.#changed]) hear()
  }

  /** Hear of every change until the returned function is called. */
  onChange(hear: () => void): () => void {
    this.#changed.add(hear)
    return () => this.#changed.delete(hear)
  }
}
