import { FACTORS, type PaceState } from './pace.ts'

/** What somebody wants of a run that is under way. `draining`: nothing more starts, what runs may end in its own time. */
export type ControlState = PaceState & { readonly draining: boolean; readonly stopping: boolean }

/**
 * Steers a run while it runs: given to `runFleet` by whoever has keys, buttons or reasons of its own. Everything may be called at
 * any time, also before the run and after it.
 */
export class FleetControl {
  #state: ControlState = { factor: 1, paused: false, draining: false, stopping: false }
  readonly #listeners = new Set<(state: ControlState) => void>()

  get state(): ControlState {
    return this.#state
  }

  /** Nothing more starts until {@link FleetControl.resume}; what is due meanwhile is not late. */
  pause(): void {
    this.#change({ paused: true })
  }

  resume(): void {
    this.#change({ paused: false })
  }

  /** Starts come so many times as fast as planned, or so many times as many run at once; within {@link FACTORS}. */
  setFactor(factor: number): void {
    if (!Number.isFinite(factor)) throw new RangeError(`the pace must be a number, got ${factor}`)
    this.#change({ factor: Math.min(FACTORS.max, Math.max(FACTORS.min, factor)) })
  }

  /** Start nothing more, and let what runs end; the run can be resumed. */
  drain(): void {
    this.#change({ draining: true })
  }

  /** As {@link FleetControl.drain}, but what runs has a few seconds. */
  stop(): void {
    this.#change({ stopping: true })
  }

  /** Hear of every change until the returned function is called. */
  onChange(hear: (state: ControlState) => void): () => void {
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  #change(change: Partial<ControlState>): void {
    const state = { ...this.#state, ...change }
    if (Object.entries(state).every(([name, value]) => this.#state[name as keyof ControlState] === value)) return
    this.#state = state
    for (const hear of [...this.#listeners]) hear(state)
  }
}
