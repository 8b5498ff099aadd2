import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerError } from '../errors.ts'
import { openDatabase, storeError } from './migrations.ts'

/** How long the library may block the event loop for a lock; waiting beyond that is done by {@link SqliteFile.retry}. */
const BUSY_TIMEOUT_MS = 0
/** A lock by another process of ours lasts well under a millisecond. */
const RETRY_MS = 2

/** Which file a name stands for at this moment; nothing when there is none. */
const identityOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.dev} ${found.ino}` : ''
}

/** Nothing else of this process goes on meanwhile, as opening is done before anything else. */
const blockFor = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/**
 * Of processes that make a new file at the same moment, SQLite lets one change the journal mode and refuses the others at once, its
 * time-out notwithstanding, where waiting could be a deadlock: they come again.
 */
const openPatiently = (file: string, lockTimeoutMs: number): DatabaseSync => {
  const deadline = performance.now() + lockTimeoutMs
  for (;;) {
    try {
      return openDatabase(file, lockTimeoutMs)
    } catch (error) {
      if ((error as ServerError).code !== 'STORE_LOCKED' || performance.now() >= deadline) throw error
      blockFor(RETRY_MS)
    }
  }
}

/** One open store file, shared with other processes: work on it waits for their locks without blocking this process. */
export class SqliteFile {
  readonly database: DatabaseSync
  readonly #file: string
  readonly #identity: string
  readonly #lockTimeoutMs: number

  /** @throws {ServerError} a `STORE_*` code when the file cannot be opened or is not a store of this version. */
  constructor({ file, lockTimeoutMs }: { file: string; lockTimeoutMs: number }) {
    this.#file = file
    this.#lockTimeoutMs = lockTimeoutMs
    this.database = openPatiently(file, lockTimeoutMs)
    this.#identity = identityOf(file)
  }

  /** Everything is open and prepared: from now on no lock of another process blocks the event loop. */
  waitNoMore(): void {
    this.database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }

  /** SQLite goes on in a file that was removed or replaced, where nobody would ever see what is written. */
  mustBeThere(): void {
    if (identityOf(this.#file) === this.#identity) return
    throw new ServerError('STORE_OPEN_FAILED', this.#file, {
      cause: new Error('the file was removed or replaced while it was open'),
    })
  }

  /** Run a piece of work again while another process holds the lock. */
  async retry<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + this.#lockTimeoutMs
    for (;;) {
      try {
        return work()
      } catch (cause) {
        const error = storeError(this.#file, cause)
        if (error.code !== 'STORE_LOCKED' || performance.now() >= deadline) throw error
        await delay(RETRY_MS)
      }
    }
  }

  /** The same, all or nothing. */
  transaction<T>(work: () => T): Promise<T> {
    return this.retry(() => {
      this.database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.database.exec('COMMIT')
        return result
      } catch (cause) {
        if (this.database.isTransaction) this.database.exec('ROLLBACK')
        throw cause
      }
    })
  }

  close(): void {
    if (this.database.isOpen) this.database.close()
  }
}
