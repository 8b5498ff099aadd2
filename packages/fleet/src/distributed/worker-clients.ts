import { setTimeout as delay } from 'node:timers/promises'
import type { RunRecord } from '@capfkit/codec/run'
import { isAway } from '@capfkit/server'
import type { LiveHealth } from '../client-messages.ts'
import type { ClientsInit } from '../clients.ts'
import { identitiesOf } from '../identity.ts'
import type { PaceState } from '../pace.ts'
import type { PhoneRunner, PhonesOfRun } from '../phone-runner.ts'
import { Tally } from '../tally.ts'
import type { CoordinatorStore, ReadReport } from './coordinator-store.ts'
import { clockWords } from './database-clock.ts'
import { RECOVERED } from './recover-slice.ts'
import { jobOf, planToTell } from './run-job.ts'
import { AS_PLANNED, endsFrom, type RunPace, type RunRow, type SliceRow, slicesOf, type WorkerRow, workersOf } from './run-store.ts'
import { fairShare, sliceCount } from './slice-count.ts'
import type { SliceQueue } from './slice-queue.ts'

const LOOK_MS = 500
/** Workers hear of a phase within this time, and begin it together. */
const START_IN_MS = 1_000
/** A slice that nobody took for so long is offered again. */
const OFFER_AGAIN_MS = 20_000

export type WorkerClientsInit = {
  store: CoordinatorStore
  queue: SliceQueue
  /** How long workers may be silent, ms. */
  leaseMs: number
  /** It begins when so many are there. */
  workers: number
  /** The run as it was found, when it goes on. */
  found?: RunRow | undefined
  /** Up to when what was told is in its rounds, ms since it was made. */
  takenUpMs?: number | undefined
  hooks: ClientsInit
  /** How many workers are there, until there are enough. */
  onWaiting: (there: number) => void
  /** Hears what happens, a sentence each. */
  onSay: (sentence: string) => void
}

/** What one process of one worker told last. */
type Heard = { recent: Tally; inFlight: number; oldestMs: number; health: LiveHealth }

/** The workers of a distributed run: what {@link import('../clients.ts').Clients} is for the processes of one machine. */
export class WorkerClients implements PhoneRunner {
  readonly #init: WorkerClientsInit
  readonly #tally = new Tally()
  readonly #heard = new Map<string, Map<string, Heard>>()
  readonly #known = new Map<string, number>()
  #pace: RunPace = AS_PLANNED
  #slices: SliceRow[] = []
  #workers: WorkerRow[] = []
  readonly #named = new Map<string, string>()
  #header: RunRecord<'Header'> | undefined
  /** When the run was made, by the clock of the database, ms since 1970. */
  #createdMs = 0
  #phones = 0
  #ordered = -1
  /** Workers may come. */
  isThere: boolean
  #looking: Promise<void> | undefined
  #away = false
  /** Without a break in touch with the store since then. */
  #inTouchSinceMs = performance.now()
  #offeredMs = performance.now()
  /** When the run was taken up, ms since it was made. */
  readonly #takenUpMs: number

  constructor(init: WorkerClientsInit) {
    this.#init = init
    this.isThere = init.found !== undefined
    this.#takenUpMs = init.takenUpMs ?? 0
    this.#ordered = init.found?.ordered ?? -1
  }

  /** Single operations are told in the numbers of this header. */
  recordedAs(header: RunRecord<'Header'>): void {
    this.#header = header
  }

  /** Everything of this phase is ordered. */
  async ordered(phase: number): Promise<void> {
    this.#ordered = phase
    if (this.isThere) await this.#init.store.ordered(phase)
  }

  async start(init: PhonesOfRun): Promise<void> {
    const { store, queue, workers, found } = this.#init
    this.#phones = identitiesOf(init.plan.options).count
    await queue.create(store.run)
    if (!found) {
      const slices = sliceCount(init.plan, this.#phones)
      await store.open({ slices, plan: planToTell(init.plan), job: jobOf(init), ordered: this.#ordered })
      this.isThere = true
    }
    this.#createdMs = (await store.look())?.createdMs ?? 0
    await this.look()
    await this.#offer()
    await this.#until(() => {
      const there = this.#workers.filter(({ alive }) => alive).length
      this.#init.onWaiting(there)
      return there >= workers
    })
    // Who came first has everything until the others are there; later phones may have to stay where they are.
    const isNew = (found?.phase ?? -1) < 0
    await this.#until(() => this.#areReady && !(isNew && this.#hasTooMuch))
  }

  /** One of the workers has more than its share. */
  get #hasTooMuch(): boolean {
    const alive = this.#workers.filter(worker => worker.alive)
    const all = alive.reduce((sum, { processes }) => sum + processes, 0)
    return alive.some(({ slices, processes }) => slices > fairShare(this.#slices.length, { own: processes, all }))
  }

  async runPhase(number: number): Promise<{ seconds: number } | undefined> {
    const { store } = this.#init
    await this.#until(() => this.#areReady)
    if (this.#isStopping) return undefined
    await store.begin(number, START_IN_MS)
    const isOver = ({ phaseDone, worker }: SliceRow) => phaseDone >= number || (this.#isStopping && worker === undefined)
    // Not stopped by a stop: what runs has its time.
    while (!this.#slices.every(isOver)) await this.#lookLater()
    // What was told with the last word of a slice is there when the slice is seen to be over.
    await this.look()
    const [row, endedMs] = [await store.look(), await store.endedMs(number)]
    if (row?.beganMs === undefined || endedMs === undefined) return undefined
    // Of a run that goes on, from where it was taken up.
    const beganMs = Math.max(row.beganMs - row.createdMs, this.#init.found?.phase === number ? this.#takenUpMs : 0)
    return { seconds: Math.max(0, endedMs - beganMs) / 1000 }
  }

  get #isStopping(): boolean {
    return this.#pace.stopping || this.#pace.draining
  }

  get #areReady(): boolean {
    return this.#slices.length > 0 && this.#slices.every(({ ready, worker }) => ready && worker !== undefined)
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!this.#isStopping && !isSo()) await this.#lookLater()
  }

  async #lookLater(): Promise<void> {
    await delay(LOOK_MS)
    try {
      await this.look()
      if (this.#away) this.#init.onSay('the store is back')
      this.#away = false
    } catch (error) {
      if (!isAway(error)) throw error
      if (!this.#away) this.#init.onSay(`the store is away, workers go on with what runs: ${(error as Error).message}`)
      this.#away = true
    }
  }

  /**
   * Say that we are here, take from the dead what they had, and hear what there is; one look at a time, as each word counts once.
   *
   * @throws {FleetError} `FLEET_RUN_GOING`.
   */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow()
      .catch(error => {
        if (isAway(error)) this.#inTouchSinceMs = performance.now()
        throw error
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  async #lookNow(): Promise<void> {
    const { store, queue } = this.#init
    await store.beat(this.#pace)
    // Workers could not say that they live while the store was away.
    if (performance.now() - this.#inTouchSinceMs > this.#init.leaseMs) await queue.offer(store.run, await store.revoke())
    this.#slices = await slicesOf(store.connections, store.run)
    this.#workers = await workersOf(store.connections, store.run)
    this.#tellWorkers()
    for (const report of await store.reports(this.#known)) this.#hear(report)
    if (performance.now() - this.#offeredMs > OFFER_AGAIN_MS) await this.#offer()
  }

  async #offer(): Promise<void> {
    this.#offeredMs = performance.now()
    const free = this.#slices.filter(({ worker }) => worker === undefined).map(({ number }) => number)
    await this.#init.queue.offer(this.#init.store.run, free)
  }

  #tellWorkers(): void {
    const { onSay } = this.#init
    const ids = new Set(this.#workers.map(({ id }) => id))
    for (const { id, name, processes, clockOffsetMs, roundTripMs } of this.#workers) {
      if (this.#named.has(id)) continue
      this.#named.set(id, name)
      const clock = clockWords({ offsetMs: clockOffsetMs, roundTripMs })
      onSay(`worker ${name} joined with ${processes} ${processes === 1 ? 'process' : 'processes'}; ${clock}`)
    }
    for (const [id, name] of this.#named) {
      if (ids.has(id)) continue
      this.#named.delete(id)
      const processes = this.#heard.get(id)
      for (const heard of processes?.values() ?? []) Object.assign(heard, { recent: new Tally(), inFlight: 0, oldestMs: 0 })
      onSay(`worker ${name} has gone; others take its phones`)
    }
  }

  #hear({ worker, seq, told }: ReadReport): void {
    this.#known.set(worker, seq)
    const processes = this.#heard.get(worker) ?? new Map<string, Heard>()
    this.#heard.set(worker, processes)
    for (const { process, since, ended } of told) {
      if (ended !== undefined && this.#header)
        this.#init.hooks.onEnded?.({ startedMs: this.#createdMs, operations: endsFrom(ended, this.#header) })
      const recent = Tally.decode(since.tally)
      this.#tally.add(recent)
      const { inFlight, oldestMs, health } = since
      if (process !== RECOVERED) processes.set(process, { recent, inFlight, oldestMs, health })
      this.#init.hooks.onProgress?.(recent)
    }
  }

  get #all(): Heard[] {
    return [...this.#heard.values()].flatMap(processes => [...processes.values()])
  }

  get made(): number {
    const ready = this.#slices.filter(slice => slice.ready).length
    return Math.round((this.#phones * ready) / Math.max(1, this.#slices.length))
  }

  get tally(): Tally {
    return Tally.sum([this.#tally])
  }

  get recent(): Tally {
    return Tally.sum(this.#all.map(({ recent }) => recent))
  }

  get inFlight(): number {
    return this.#all.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  get oldestMs(): number {
    return Math.max(0, ...this.#all.map(({ oldestMs }) => oldestMs))
  }

  get ratePerSecond(): number {
    return this.#all.reduce((sum, { recent, health }) => sum + (1000 * recent.ended) / Math.max(1, health.recent.ms), 0)
  }

  get health(): readonly LiveHealth[] {
    return this.#all.map(({ health }) => health)
  }

  setPace({ factor, paused }: PaceState): void {
    this.#pace = { ...this.#pace, factor, paused }
  }

  drain(): void {
    this.#pace = { ...this.#pace, draining: true }
  }

  stop(graceMs?: number): void {
    this.#pace = { ...this.#pace, stopping: true, graceMs }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
