import type { DeviceStore, Lease } from './store/store.ts'

const BEAT_MS = 5_000
/** A node that missed two beats is dead: whoever asks may have its devices. */
const ALIVE_MS = 15_000

export type StoreNodeOptions = {
  id: string
  store: DeviceStore
  now: () => Date
  onError: (error: unknown) => void
  /** Default 5000 ms. */
  beatMs?: number
}

/**
 * One server process as its store knows it: says that it lives, and ends leases that could not be ended when their session
 * did, for example because the store was locked.
 */
export class StoreNode implements AsyncDisposable {
  readonly id: string
  readonly #store: DeviceStore
  readonly #now: () => Date
  readonly #onError: (error: unknown) => void
  readonly #orphans = new Set<Lease>()
  readonly #beatMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(options: StoreNodeOptions) {
    this.id = options.id
    this.#store = options.store
    this.#now = options.now
    this.#onError = options.onError
    this.#beatMs = options.beatMs ?? BEAT_MS
  }

  /** @throws {ServerError} when the store does not take the first beat. */
  async start(): Promise<void> {
    await this.#beat()
    this.#timer = setInterval(() => void this.#beat().catch(this.#onError), this.#beatMs)
    this.#timer.unref()
  }

  /** End this lease as soon as the store lets it be: now, or else with one of the next beats. */
  orphan(lease: Lease): void {
    this.#orphans.add(lease)
    void this.#releaseOrphans().catch(this.#onError)
  }

  async #beat(): Promise<void> {
    await this.#store.heartbeat(this.id, this.#now().getTime() + ALIVE_MS)
    await this.#releaseOrphans()
  }

  async #releaseOrphans(): Promise<void> {
    for (const lease of this.#orphans) {
      await this.#store.release(lease)
      this.#orphans.delete(lease)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#store.leave(this.id).catch(this.#onError)
  }
}
