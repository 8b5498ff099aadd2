import { clockWords } from './database-clock.ts'
import { type SliceRow, slicesOf, type WorkerRow, workersOf } from './run-store.ts'
import { fairShare } from './slice-count.ts'
import type { StoredRun } from './stored-run.ts'

/** What brings a worker into a run. */
export const HOW_TO_START = 'capf fleet worker --store postgres://…'

export type WorkerRosterInit = {
  run: StoredRun
  /** Hears who comes and goes, a sentence each. */
  onSay: (sentence: string) => void
  /** Hears of the id of one that has gone. */
  onGone: (worker: string) => void
}

/** Which workers a run has, and which slices each has. */
export class WorkerRoster {
  readonly #init: WorkerRosterInit
  #slices: readonly SliceRow[] = []
  #workers: readonly WorkerRow[] = []
  /** Those that are told of, by id. */
  readonly #named = new Map<string, string>()

  constructor(init: WorkerRosterInit) {
    this.#init = init
  }

  /** @throws ServerError a `STORE_*` code. */
  async look(): Promise<void> {
    const { connections, run } = this.#init.run
    this.#slices = await slicesOf(connections, run)
    this.#workers = await workersOf(connections, run)
  }

  get slices(): readonly SliceRow[] {
    return this.#slices
  }

  /** Slices that nobody has. */
  get free(): number[] {
    return this.#slices.filter(({ worker }) => worker === undefined).map(({ number }) => number)
  }

  /** Workers that are heard of. */
  get #alive(): WorkerRow[] {
    return this.#workers.filter(({ alive }) => alive)
  }

  get there(): number {
    return this.#alive.length
  }

  /** Somebody has each slice, and is ready. */
  get areReady(): boolean {
    return this.#slices.length > 0 && this.#slices.every(({ ready, worker }) => ready && worker !== undefined)
  }

  /** One of the workers has more than its share. */
  get hasTooMuch(): boolean {
    const all = this.#alive.reduce((sum, { processes }) => sum + processes, 0)
    return this.#alive.some(({ slices, processes }) => slices > fairShare(this.#slices.length, { own: processes, all }))
  }

  tellJoined(): void {
    for (const { id, name, processes, clockOffsetMs, roundTripMs } of this.#workers) {
      if (this.#named.has(id)) continue
      this.#named.set(id, name)
      const clock = clockWords({ offsetMs: clockOffsetMs, roundTripMs })
      this.#init.onSay(`worker ${name} joined with ${processes} ${processes === 1 ? 'process' : 'processes'}; ${clock}`)
    }
  }

  /** @param isWanted  there is something left to do for another one. */
  tellGone({ isWanted }: { isWanted: boolean }): void {
    const { onSay, onGone } = this.#init
    const ids = new Set(this.#workers.map(({ id }) => id))
    const gone = [...this.#named].filter(([id]) => !ids.has(id))
    for (const [id, name] of gone) {
      this.#named.delete(id)
      onGone(id)
      onSay(`worker ${name} has gone${ids.size > 0 ? '; others take its phones' : ''}`)
    }
    if (gone.length > 0 && ids.size === 0 && isWanted) onSay(`no worker is left; start one with ${HOW_TO_START}`)
  }
}
