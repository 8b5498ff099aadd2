import type { CoordinatorStore } from './coordinator-store.ts'
import type { RunPace } from './run-store.ts'
import type { SliceQueue } from './slice-queue.ts'
import type { StorePatience } from './store-patience.ts'
import type { ReadReport } from './stored-run.ts'
import type { WorkerRoster } from './worker-roster.ts'

/** Somebody who is there says so at least as often in the time after which he is given up. */
export const BEATS_A_LEASE = 3
/** A slice that nobody took for so long is offered again. */
const OFFER_AGAIN_MS = 20_000

export type CoordinatorLookInit = {
  store: CoordinatorStore
  patience: StorePatience
  queue: SliceQueue
  roster: WorkerRoster
  /** How long workers may be silent, ms. */
  leaseMs: number
  /** What is wanted of the workers by now. */
  pace: () => RunPace
  /** The last that is known of each worker. */
  known: () => ReadonlyMap<string, number>
  onReport: (report: ReadReport) => void
}

/** What a coordinator does in its store again and again: it says that it is there, takes from the dead what they had, and listens. */
export class CoordinatorLook {
  readonly #init: CoordinatorLookInit
  #looking: Promise<void> | undefined
  #offeredMs = performance.now()

  constructor(init: CoordinatorLookInit) {
    this.#init = init
  }

  /** One at a time, as each word counts once. @throws {FleetError} `FLEET_RUN_GOING`. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const { store, queue, patience, roster, leaseMs, pace, known, onReport } = this.#init
    await store.beat(pace())
    // Workers could not say that they live while the store was away.
    if (performance.now() - patience.inTouchSinceMs > leaseMs) await queue.offer(store.run, await store.revoke())
    await roster.look()
    let saidMs = performance.now()
    for await (const report of store.reports(known())) {
      onReport(report)
      // Of a run that goes on it may take long to hear everything.
      if (performance.now() - saidMs < leaseMs / BEATS_A_LEASE) continue
      await store.beat(pace())
      saidMs = performance.now()
    }
    if (performance.now() - this.#offeredMs > OFFER_AGAIN_MS) await this.offer()
  }

  /** Whoever wants may have the slices that nobody has. */
  async offer(): Promise<void> {
    const { store, queue, roster } = this.#init
    this.#offeredMs = performance.now()
    await queue.offer(store.run, roster.free)
  }
}
