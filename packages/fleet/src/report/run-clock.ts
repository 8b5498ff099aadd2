/** The time that a run was running: what lies between a stop and going on is left out of it. */
export class RunClock {
  readonly #generations = new Map<number, { readonly beganMs: number; readonly offsetMs: number }>()
  #lastMs = 0

  /** A generation began at this moment, ms since 1970; only its first beginning counts. */
  begin(generation: number, atMs: number): void {
    if (!this.#generations.has(generation)) this.#generations.set(generation, { beganMs: atMs, offsetMs: this.#lastMs })
  }

  /** Time of the run at this moment of a generation, ms; negative before anything began. Generations are heard one by one. */
  at(generation: number, atMs: number): number {
    const known = this.#generations.get(generation)
    if (!known) return -1
    const ms = known.offsetMs + atMs - known.beganMs
    this.#lastMs = Math.max(this.#lastMs, ms)
    return ms
  }

  /** When a generation began, in time of the run, ms. */
  beginning(generation: number): number {
    return this.#generations.get(generation)?.offsetMs ?? this.#lastMs
  }
}
