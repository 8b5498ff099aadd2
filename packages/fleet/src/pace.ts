/** How fast the schedule of a run goes: 1 is as planned. */
export type PaceState = { readonly factor: number; readonly paused: boolean }

/** Speeds that make sense; slower is a pause. */
export const FACTORS = { min: 0.01, max: 100 } as const

/**
 * The clock of a schedule: it can be stopped and run faster or slower. What is due follows it, so that the time of a pause makes
 * nothing late.
 */
export class Pace {
  #state: PaceState
  /** At this moment of `performance.now()` the schedule stood there, ms. */
  #anchorMs: number
  #scheduleMs = 0
  readonly #changed = new Set<() => void>()

  /** @param startMs  the moment on the clock of `performance.now()` at which the schedule is at 0. */
  constructor(startMs: number, state: PaceState = { factor: 1, paused: false }) {
    this.#anchorMs = startMs
    this.#state = state
  }

  get state(): PaceState {
    return this.#state
  }

  /** Where the schedule is, ms. */
  get scheduleMs(): number {
    const { factor, paused } = this.#state
    return paused ? this.#scheduleMs : this.#scheduleMs + (performance.now() - this.#anchorMs) * factor
  }

  /** When the schedule is there, on the clock of `performance.now()`; never, as long as it is paused. */
  realMs(scheduleMs: number): number {
    const { factor, paused } = this.#state
    return paused ? Number.POSITIVE_INFINITY : this.#anchorMs + (scheduleMs - this.#scheduleMs) / factor
  }

  change(state: PaceState): void {
    const scheduleMs = this.scheduleMs
    this.#scheduleMs = scheduleMs
    this.#anchorMs = performance.now()
    this.#state = state
    for (const hear of [...this.#changed]) hear()
  }

  /** Hear of every change until the returned function is called. */
  onChange(hear: () => void): () => void {
    this.#changed.add(hear)
    return () => this.#changed.delete(hear)
  }
}
