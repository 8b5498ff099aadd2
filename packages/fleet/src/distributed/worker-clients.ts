import { setTimeout as delay } from 'node:timers/promises'
import type { RunRecord } from '@capfkit/codec/run'
import type { LiveHealth } from '../client-messages.ts'
import type { ClientsInit } from '../clients.ts'
import { GRACE_MS } from '../engine.ts'
import { identitiesOf } from '../identity.ts'
import type { PaceState } from '../pace.ts'
import type { PhoneRunner, PhonesOfRun } from '../phone-runner.ts'
import type { RoundSummary } from '../summary.ts'
import type { Tally } from '../tally.ts'
import { CoordinatorLook } from './coordinator-look.ts'
import type { CoordinatorStore } from './coordinator-store.ts'
import { HeardWorkers } from './heard-workers.ts'
import { jobOf, planToTell } from './run-job.ts'
import { AS_PLANNED, endsFrom, type RunPace, type RunRow, type SliceRow } from './run-store.ts'
import { sliceCount } from './slice-count.ts'
import type { SliceQueue } from './slice-queue.ts'
import type { StorePatience } from './store-patience.ts'
import type { ReadReport } from './stored-run.ts'
import { WorkerRoster } from './worker-roster.ts'

const LOOK_MS = 500
/** Workers hear of a phase within this time, and begin it together. */
const START_IN_MS = 1_000

export type WorkerClientsInit = {
  store: CoordinatorStore
  patience: StorePatience
  queue: SliceQueue
  /** How long workers may be silent, ms. */
  leaseMs: number
  /** It begins when so many are there. */
  workers: number
  /** The run as it was found, when it goes on. */
  found?: RunRow | undefined
  hooks: ClientsInit
  /** How many workers are there, until there are enough. */
  onWaiting: (there: number) => void
  /** Hears what happens, a sentence each. */
  onSay: (sentence: string) => void
}

/** The workers of a distributed run: what {@link import('../clients.ts').Clients} is for the processes of one machine. */
export class WorkerClients implements PhoneRunner {
  readonly #init: WorkerClientsInit
  readonly #heard = new HeardWorkers()
  readonly #roster: WorkerRoster
  readonly #look: CoordinatorLook
  #pace: RunPace = AS_PLANNED
  #header: RunRecord<'Header'> | undefined
  /** When the run was made, by the clock of the database, ms since 1970. */
  #createdMs = 0
  #phones = 0
  #ordered = -1
  /** Workers may come. */
  isThere: boolean
  #isInPhase = false

  constructor(init: WorkerClientsInit) {
    this.#init = init
    this.#roster = new WorkerRoster({ run: init.store, onSay: init.onSay, onGone: worker => this.#heard.gone(worker) })
    this.#look = new CoordinatorLook({
      ...init,
      roster: this.#roster,
      pace: () => this.#pace,
      known: () => this.#heard.known,
      onReport: report => this.#hear(report),
    })
    this.isThere = init.found !== undefined
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
    await this.#look.offer()
    await this.#until(() => {
      this.#init.onWaiting(this.#roster.there)
      return this.#roster.there >= workers
    })
    // Who came first has everything until the others are there; later phones may have to stay where they are.
    const isNew = (found?.phase ?? -1) < 0
    await this.#until(() => this.#roster.areReady && !(isNew && this.#roster.hasTooMuch))
  }

  async runPhase(number: number): Promise<Partial<RoundSummary>> {
    const { store } = this.#init
    this.#isInPhase = true
    try {
      await this.#until(() => this.#roster.areReady)
      if (!this.#isStopping) await this.#runPhase(number)
    } finally {
      this.#isInPhase = false
    }
    const seconds = await store.seconds(number)
    return { ...this.#heard.phase(number), ...(seconds === undefined ? {} : { seconds }) }
  }

  async #runPhase(number: number): Promise<void> {
    await this.#init.store.begin(number, START_IN_MS)
    const isOver = ({ phaseDone, worker }: SliceRow) => phaseDone >= number || (this.#isStopping && worker === undefined)
    // Not stopped by a stop: what runs has its time.
    while (!this.#roster.slices.every(isOver)) await this.#lookLater()
    // What was told with the last word of a slice is there when the slice is seen to be over.
    await this.look()
  }

  get #isStopping(): boolean {
    return this.#pace.stopping || this.#pace.draining
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!this.#isStopping && !isSo()) await this.#lookLater()
  }

  async #lookLater(): Promise<void> {
    await delay(LOOK_MS)
    await this.look()
  }

  /** Say that we are here, and hear what there is. @throws {FleetError} `FLEET_RUN_GOING`. */
  async look(): Promise<void> {
    await this.#look.look()
    this.#roster.tellJoined()
    // Before a phase it is said how many there are.
    if (this.#isInPhase) this.#roster.tellGone({ isWanted: !this.#isStopping })
  }

  #hear(report: ReadReport): void {
    const { onEnded, onProgress } = this.#init.hooks
    for (const { recent, ended } of this.#heard.hear(report)) {
      if (ended !== undefined && this.#header) onEnded?.({ startedMs: this.#createdMs, operations: endsFrom(ended, this.#header) })
      onProgress?.(recent)
    }
  }

  get made(): number {
    const { slices } = this.#roster
    const ready = slices.filter(slice => slice.ready).length
    return Math.round((this.#phones * ready) / Math.max(1, slices.length))
  }

  get tally(): Tally {
    return this.#heard.tally
  }

  get recent(): Tally {
    return this.#heard.recent
  }

  get inFlight(): number {
    return this.#heard.inFlight
  }

  get oldestMs(): number {
    return this.#heard.oldestMs
  }

  get ratePerSecond(): number {
    return this.#heard.ratePerSecond
  }

  get health(): readonly LiveHealth[] {
    return this.#heard.health
  }

  setPace({ factor, paused }: PaceState): void {
    this.#pace = { ...this.#pace, factor, paused }
  }

  drain(): void {
    this.#pace = { ...this.#pace, draining: true }
  }

  stop(graceMs?: number): void {
    this.#pace = { ...this.#pace, stopping: true, graceMs }
    this.#init.patience.stop(graceMs ?? GRACE_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
