import { setTimeout as delay } from 'node:timers/promises'
import { Connections, isAway, type Query } from '@capfkit/server'
import { FleetError } from '../errors.ts'

const AGAIN_MS = 250
/** A run that was stopped waits no longer for a store that has been away for so long. */
const STOPPED_MS = 5_000

/**
 * Waits for a store that is away, locked or full, and says so: once that it is away, once that it is back. The one place where a
 * coordinator does.
 */
export class StorePatience {
  readonly #onSay: (sentence: string) => void
  #run: string | undefined
  #awaySinceMs: number | undefined
  /** How many wait for it. */
  #waiting = 0
  #hasGivenUp = false
  #mostUntilMs = Number.POSITIVE_INFINITY
  #inTouchSinceMs = performance.now()

  /** @param onSay  hears of it, a sentence each. */
  constructor(onSay: (sentence: string) => void) {
    this.#onSay = onSay
  }

  /** From now on the store is waited for: there is a run that would be lost. Before that, whoever began it hears at once. */
  begin(run: string): void {
    this.#run = run
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#run = undefined
  }

  /** The run is to end: what runs has so many ms, and the store not much longer. */
  stop(graceMs: number): void {
    this.#mostUntilMs = Math.min(this.#mostUntilMs, performance.now() + graceMs + STOPPED_MS)
  }

  /** Without a break in touch with the store since then, by `performance.now()`. */
  get inTouchSinceMs(): number {
    return this.#inTouchSinceMs
  }

  /**
   * Do what may be done twice, until the store has taken it.
   *
   * @throws {FleetError} `FLEET_STOPPED_AWAY` when the run was stopped meanwhile, and it is still away; what does not pass by itself.
   */
  async whenBack<T>(work: () => Promise<T>): Promise<T> {
    let isWaiting = false
    try {
      for (;;) {
        try {
          return await work()
        } catch (error) {
          if (this.#run === undefined || !isAway(error)) throw error
          if (!isWaiting) this.#waiting++
          isWaiting = true
          this.#isAway(error as Error, this.#run)
        }
        await delay(AGAIN_MS)
      }
    } finally {
      if (isWaiting) this.#waiting--
      this.#isBackForAll()
    }
  }

  #isAway(cause: Error, run: string): void {
    const nowMs = performance.now()
    this.#inTouchSinceMs = nowMs
    if (this.#awaySinceMs === undefined) this.#onSay(`the store is away, workers go on with what runs: ${cause.message}`)
    this.#awaySinceMs ??= nowMs
    if (nowMs < this.#mostUntilMs || nowMs - this.#awaySinceMs < STOPPED_MS) return
    this.#hasGivenUp = true
    throw new FleetError('FLEET_STOPPED_AWAY', `run ${run}`, { cause })
  }

  /** Of several that wait, some may find it back later than others. */
  #isBackForAll(): void {
    if (this.#awaySinceMs === undefined || this.#waiting > 0 || this.#hasGivenUp) return
    this.#awaySinceMs = undefined
    this.#onSay('the store is back')
  }
}

/** Connections to a database that is waited for: only for what may be done twice. */
export class PatientConnections extends Connections {
  readonly #patience: StorePatience

  constructor(init: ConstructorParameters<typeof Connections>[0], patience: StorePatience) {
    super(init)
    this.#patience = patience
  }

  override run(query: Query): ReturnType<Connections['run']> {
    return this.#patience.whenBack(() => super.run(query))
  }

  override transaction<T>(work: Parameters<typeof Connections.prototype.transaction<T>>[0]): Promise<T> {
    return this.#patience.whenBack(() => super.transaction(work))
  }
}
