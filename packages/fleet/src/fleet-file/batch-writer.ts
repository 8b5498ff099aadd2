import { setTimeout as delay } from 'node:timers/promises'
import { FleetError } from '../errors.ts'

const FLUSH_MS = 1_000
/** In one transaction, so that sessions go on in between. */
const BATCH = 200
/** A disk that does not keep up must not take the memory. */
const MOST_WAITING = 200_000
const RETRY_MS = 10
/** How long a write may wait for other processes. */
const LOCK_TIMEOUT_MS = 10_000

const SQLITE_BUSY = 5
const isLocked = (error: unknown) => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY

/** Do something to a SQLite file, again while another process of the run has it: its turn lasts some milliseconds. */
export const whenFree = async <T>(file: string, work: () => T): Promise<T> => {
  const deadline = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    try {
      return work()
    } catch (cause) {
      if (!isLocked(cause) || performance.now() >= deadline) throw new FleetError('FLEET_FILE', file, { cause })
      await delay(RETRY_MS)
    }
  }
}

export type BatchWriterInit<T> = {
  file: string
  /** Writes all of these or throws. */
  write(batch: readonly T[]): void
  /** All that was added up to now is about to be written, and what is added by this. */
  onTurn?(): void
  /** Told once when nothing more can be written; what comes after that is lost. */
  onFailure(error: FleetError): void
}

/** Collects what is to be written, and writes it once a second in batches. */
export class BatchWriter<T> implements AsyncDisposable {
  readonly #init: BatchWriterInit<T>
  readonly #timer: NodeJS.Timeout
  #waiting: T[] = []
  #failure: FleetError | undefined
  #writing: Promise<void> | undefined

  constructor(init: BatchWriterInit<T>) {
    this.#init = init
    this.#timer = setInterval(() => void this.#start(), FLUSH_MS)
    this.#timer.unref()
  }

  /** Costs next to nothing now. */
  add(item: T): void {
    if (this.#failure) return
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(item)
    else this.fail(new Error('the disk does not keep up'))
  }

  /** Everything up to now is written when it resolves, or `onFailure` was told. */
  async flush(): Promise<void> {
    await this.#writing
    await this.#start()
  }

  #start(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    const { file, write, onTurn } = this.#init
    let items: T[] = []
    try {
      onTurn?.()
      items = this.#waiting
      this.#waiting = []
      for (let at = 0; at < items.length; at += BATCH) {
        const batch = items.slice(at, at + BATCH)
        await whenFree(file, () => write(batch))
        await new Promise(setImmediate)
      }
    } catch (error) {
      this.fail(error)
    }
  }

  /** Nothing more is to be written. */
  fail(error: unknown): void {
    if (this.#failure) return
    this.#failure = error instanceof FleetError ? error : new FleetError('FLEET_FILE', this.#init.file, { cause: error })
    this.#waiting = []
    this.#init.onFailure(this.#failure)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
