import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseOptions } from '@capfkit/codec/options'
import { type Connections, isAway, openDeviceStore, ServerError } from '@capfkit/server'
import { FLEET_OPTIONS } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import { runKeys } from '../run-keys.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'
import { type ClockOffset, clockWords, localMs, machineMs, measureClock } from './database-clock.ts'
import { writeGiven } from './given-files.ts'
import { LeaseLost } from './own-transaction.ts'
import { addTold, type Batch, newBatch } from './pending-batch.ts'
import { RECOVERED } from './recover-slice.ts'
import { startOf } from './run-job.ts'
import { type RunPace, type RunRow, workersOf } from './run-store.ts'
import { fairShare } from './slice-count.ts'
import { SliceProcesses } from './slice-processes.ts'
import type { SliceQueue } from './slice-queue.ts'
import { SliceTakeover } from './slice-takeover.ts'
import { WorkerStore } from './worker-store.ts'

const TICK_MS = 250
/** Between two looks at what is wanted of the run, and at who else is there. */
const LOOK_MS = 500
const SHARE_MS = 1_000
/** Between two words to the store, where nothing is pressing. */
const WRITE_MS = 1_000
/** Of the lease: whoever has heard nothing for so long starts nothing more, as others may have its phones soon. */
const OWN_SHARE = 0.8
/** More results than this are not kept while the store is away: the worker gives up, and they are done again. */
const MOST_RESULTS = 200_000

/** It could be read, and there is no room for what was to be written. */
const isFull = (error: unknown): boolean => error instanceof ServerError && error.code === 'STORE_FULL'

export type WorkerRunInit = {
  connections: Connections
  queue: SliceQueue
  /** `postgres://…`, for the orders of devices that come again. */
  store: string
  run: RunRow
  name: string
  keyPool?: string | undefined
  processes: number
  leaseMs: number
  /** It leaves when what runs has ended. */
  signal: AbortSignal
  onSay: (sentence: string) => void
}

/** A slice that this worker has. */
type Held = {
  ready: boolean
  phaseDone: number
  /** The run was in this phase when it was taken. */
  takenIn: number
  /** Turns of its phones that were over in that phase; absent where nobody had them in it. */
  laps: ReadonlyMap<number, number> | undefined
  /** The phase that was begun last. */
  begun: number
  leaving: boolean
}

/** One worker in one run: from the moment that it joins to its end, or until it leaves. */
export class WorkerRun {
  readonly #init: WorkerRunInit
  readonly #store: WorkerStore
  readonly #id = randomUUID()
  readonly #held = new Map<number, Held>()
  readonly #processes: SliceProcesses
  #clock: ClockOffset = { offsetMs: 0, roundTripMs: 0 }
  #takeover!: SliceTakeover
  /** What is being written, and what came meanwhile. */
  #pending: Batch | undefined
  #next = newBatch(0)
  #writtenMs = Number.NEGATIVE_INFINITY
  #lookedMs = Number.NEGATIVE_INFINITY
  #sharedMs = Number.NEGATIVE_INFINITY
  #pace: RunPace | undefined
  #awayTold = false

  constructor(init: WorkerRunInit) {
    this.#init = init
    this.#store = new WorkerStore(init.connections, { run: init.run.id, worker: this.#id, leaseMs: init.leaseMs })
    this.#processes = new SliceProcesses(({ name, slices }, told) => {
      const clock = { offsetMs: this.#clock.offsetMs, createdMs: init.run.createdMs }
      addTold(this.#next, { process: name, told, clock })
      for (const { slice, what } of told.events) if (what === 'released') slices.delete(slice)
    })
  }

  /** @throws {FleetError}; {@link LeaseLost}; ServerError a `STORE_*` code that does not pass. */
  async run(): Promise<void> {
    await using stack = new AsyncDisposableStack()
    stack.use(this.#processes)
    await this.#prepare(stack)
    await Promise.race([this.#work(), this.#processes.failed])
  }

  async #prepare(stack: AsyncDisposableStack): Promise<void> {
    const { connections, store, run, processes, name, keyPool, signal, onSay } = this.#init
    this.#clock = await measureClock(connections)
    const { plan, job } = await this.#store.given()
    const folder = stack.use(await newTemporaryFolder()).path
    const { csv } = await writeGiven(folder, job)
    const told = plan as Plan
    const options = parseOptions(FLEET_OPTIONS, { ...told.options, ...(csv === undefined ? {} : { csv }) } as never)
    const ours = { ...told, options }
    this.#takeover = new SliceTakeover({
      ...{ store: this.#store, devices: stack.use(openDeviceStore(store)), plan: ours, job, slices: run.slices },
      // Nobody is to think that we are gone.
      meanwhile: () => this.#write(),
      onRecovered: found => addTold(this.#next, { process: RECOVERED, told: found, clock: { offsetMs: 0, createdMs: 0 } }),
    })
    const keys = await runKeys({ options: { ...options, keyPool }, folder, need: options.poolKeys, signal, onProgress: () => {} })
    const start = { ...startOf(job), plan: ours, keyPoolFile: keys?.file, slices: run.slices }
    await this.#processes.start({ type: 'start', ...start, storeUrl: job.orders ? store : undefined } as never, processes)
    await this.#store.join({ name, processes, ...this.#clock })
    onSay(`joined run ${run.id} with ${processes} ${processes === 1 ? 'process' : 'processes'}; ${clockWords(this.#clock)}`)
  }

  async #work(): Promise<void> {
    let awaySinceMs: number | undefined
    for (;;) {
      if (this.#init.signal.aborted) this.#releaseAll()
      try {
        await this.#write()
        if (performance.now() - this.#lookedMs >= LOOK_MS && !(await this.#look())) break
        awaySinceMs = undefined
      } catch (error) {
        if (!isAway(error)) throw error
        if (isFull(error)) await this.#sayWeLive()
        if (!this.#awayTold) this.#init.onSay(`the store is away, and what ends meanwhile is kept: ${(error as Error).message}`)
        this.#awayTold = true
        awaySinceMs ??= performance.now()
        // Others have its phones by then, or will have them when the store is back.
        if (this.#init.signal.aborted && performance.now() - awaySinceMs > this.#init.leaseMs) {
          this.#init.onSay('left without the store: what it does not know yet is found at the server, or done again')
          return
        }
      }
      await delay(TICK_MS)
    }
    await this.#init.queue.offer(this.#init.run.id, await this.#store.leave())
  }

  /** A full disk often has room for this word. Without it, others would do again what is done, and could only not be told. */
  async #sayWeLive(): Promise<void> {
    try {
      const atMs = machineMs()
      await this.#store.beat()
      this.#haveLease(atMs)
    } catch (error) {
      if (!isAway(error)) throw error
    }
  }

  /** Its phones are its own since then. */
  #haveLease(atMs: number): void {
    this.#processes.tellAll({ type: 'lease', untilMs: atMs + OWN_SHARE * this.#init.leaseMs })
  }

  /** Do what is wanted by now. @returns false when it is over for this worker. */
  async #look(): Promise<boolean> {
    const run = await this.#store.look()
    this.#lookedMs = performance.now()
    if (this.#awayTold) this.#init.onSay('the store is back')
    this.#awayTold = false
    if (run?.state !== 'open') return false
    if (this.#init.signal.aborted) {
      if (this.#held.size === 0) return false
    } else if (performance.now() - this.#sharedMs >= SHARE_MS) {
      await this.#take(run)
      this.#sharedMs = performance.now()
    }
    this.#obey(run)
    if (run.beganMs !== undefined) this.#begin(run, run.beganMs)
    return true
  }

  /** All that was told since, once a second or as soon as something happened to a slice. */
  async #write(): Promise<void> {
    if (this.#next.results.length > MOST_RESULTS) throw new LeaseLost()
    const isPressing = this.#pending !== undefined || this.#next.events.length > 0
    if (!isPressing && performance.now() - this.#writtenMs < WRITE_MS) return
    if (!this.#pending) {
      this.#pending = this.#next
      this.#next = newBatch(this.#pending.seq + 1)
    }
    const batch = this.#pending
    const atMs = machineMs()
    await this.#store.write(batch)
    this.#haveLease(atMs)
    this.#pending = undefined
    this.#writtenMs = performance.now()
    const given: number[] = []
    for (const event of batch.events) {
      const held = this.#held.get(event.slice)
      if (!held) continue
      if (event.what === 'ready') held.ready = true
      else if (event.what === 'phaseEnd') held.phaseDone = event.phase
      else {
        this.#held.delete(event.slice)
        given.push(event.slice)
      }
    }
    await this.#init.queue.offer(this.#init.run.id, given)
  }

  /** A fair share of the slices: what is missing is taken, what is too much is given back where phones may move. */
  async #take(run: RunRow): Promise<void> {
    const workers = (await workersOf(this.#init.connections, run.id)).filter(({ alive }) => alive)
    const all = workers.reduce((sum, worker) => sum + worker.processes, 0)
    const fair = fairShare(run.slices, { own: this.#init.processes, all })
    const staying = [...this.#held].filter(([, { leaving }]) => !leaving)
    if (staying.length < fair) {
      const offered = await this.#init.queue.take(run.id, fair - staying.length)
      if (offered.length > 0) await this.#store.claim(offered)
    } else for (const [slice] of staying.slice(fair)) this.#release(slice)
    // What was claimed when the store went away is ours as well.
    for (const { number, phaseDone, phase } of await this.#store.own()) {
      if (this.#held.has(number)) continue
      const { laps, phones } = await this.#takeover.find({ slice: number, phase, phaseDone })
      this.#held.set(number, { ready: false, phaseDone, takenIn: phase, laps, begun: phaseDone, leaving: false })
      this.#processes.take(number, phones)
    }
  }

  #release(slice: number): void {
    const held = this.#held.get(slice)
    if (!held || held.leaving) return
    held.leaving = true
    this.#processes.tellSlice({ type: 'release', slice })
  }

  #releaseAll(): void {
    for (const slice of this.#held.keys()) this.#release(slice)
  }

  /** Begin the phase with every slice that is ready for it. */
  #begin({ phase }: RunRow, beganMs: number): void {
    for (const [slice, held] of this.#held) {
      if (!held.ready || held.leaving || held.begun >= phase) continue
      const startAtMs = beganMs - this.#clock.offsetMs
      const { laps, takenIn } = held
      // Where somebody else had it in this phase, it goes on where the results end.
      const standing = laps && takenIn === phase ? { laps, elapsedMs: Math.max(0, localMs() - startAtMs) } : undefined
      this.#processes.tellSlice({ type: 'phase', slice, number: phase, startAtMs: standing ? localMs() : startAtMs, standing })
      held.begun = phase
    }
  }

  #obey({ pace }: RunRow): void {
    const before = this.#pace
    this.#pace = pace
    if (before && JSON.stringify(before) === JSON.stringify(pace)) return
    const { factor, paused, draining, stopping, graceMs } = pace
    this.#processes.tellAll({ type: 'pace', state: { factor, paused } })
    if (stopping) this.#processes.tellAll({ type: 'stop', graceMs })
    else if (draining) this.#processes.tellAll({ type: 'drain' })
  }
}
