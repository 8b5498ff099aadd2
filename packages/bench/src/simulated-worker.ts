import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  addTold,
  type EncodedTally,
  measureClock,
  newBatch,
  type openFleetDatabase,
  type Result,
  type RunRow,
  type SliceEvent,
  type SliceQueue,
  type Told,
  WorkerStore,
} from '@capfkit/fleet/distributed'

const LEASE_MS = 10_000
const TELL_MS = 1_000

export type SimulatedWorkerInit = {
  connections: ReturnType<typeof openFleetDatabase>
  queue: SliceQueue
  run: RunRow
  name: string
  /** What it tells of each second, in turn. */
  tallies: readonly EncodedTally[]
  /** Phones of its slice whose turn is over in each second, and how many seconds the phase has. */
  resultsPerSecond: number
  seconds: number
}

/** Writes what a worker with one process writes that runs a slice of the phones, or waits for one; it has no phones. */
export class SimulatedWorker {
  readonly #init: SimulatedWorkerInit
  readonly #store: WorkerStore
  #clock = { offsetMs: 0, createdMs: 0 }
  #batch = newBatch(0)
  #second = 0

  constructor(init: SimulatedWorkerInit) {
    this.#init = init
    this.#store = new WorkerStore(init.connections, { run: init.run.id, worker: randomUUID(), leaseMs: LEASE_MS })
  }

  /** From the moment that it joins to the end of the run. */
  async work(): Promise<void> {
    const { connections, queue, run, name } = this.#init
    const clock = await measureClock(connections)
    this.#clock = { offsetMs: clock.offsetMs, createdMs: run.createdMs }
    await this.#store.join({ name, processes: 1, ...clock })
    const slice = await this.#take(queue, run)
    await this.#tell({ events: slice === undefined ? [] : [{ slice, what: 'ready' }] })
    for (let dueMs = performance.now() + Math.random() * TELL_MS; ; dueMs += TELL_MS) {
      await delay(Math.max(0, dueMs - performance.now()))
      const now = await this.#store.look()
      if (now?.state !== 'open') break
      if (now.beganMs === undefined || this.#second > this.#init.seconds) await this.#store.write(this.#batch)
      else await this.#tellSecond(slice, now.phase)
    }
    await this.#store.leave()
  }

  /** The slice that it is handed; the last of more workers than slices have none. */
  async #take(queue: SliceQueue, run: RunRow): Promise<number | undefined> {
    const [slice] = await queue.take(run.id, 1)
    if (slice !== undefined) await this.#store.claim([slice])
    return slice
  }

  async #tellSecond(slice: number | undefined, phase: number): Promise<void> {
    const { seconds } = this.#init
    const isLast = this.#second++ === seconds
    if (slice === undefined) return this.#tell({})
    if (isLast) return this.#tell({ events: [{ slice, what: 'phaseEnd', phase }] })
    return this.#tell({ results: this.#results(slice, phase) })
  }

  #results(slice: number, phase: number): Result[] {
    const { resultsPerSecond, run } = this.#init
    return Array.from({ length: resultsPerSecond }, (_, at) => {
      const phone = slice + run.slices * ((this.#second - 1) * resultsPerSecond + at)
      const deviceName = `SEP${phone.toString(16).toUpperCase().padStart(12, '0')}`
      const times = { startMs: Date.now() - TELL_MS, lateMs: 0, totalMs: 40, phases: [0, 1], phasesMs: [10, 30] }
      return {
        ...{ phase, phone, lap: 0, outcome: 'done' as const, totalMs: 40 },
        entry: { kind: 'operation' as const, phone, deviceName, round: phase, operation: 0, ...times },
      }
    })
  }

  async #tell({ results = [], events = [] }: { results?: Result[]; events?: SliceEvent[] }): Promise<void> {
    const { tallies } = this.#init
    const delays = { p99: 1.2, max: 3.4 }
    const since: Told['since'] = {
      tally: tallies[(this.#batch.seq + this.#second) % tallies.length]!,
      ...{ inFlight: 24, oldestMs: 60 },
      health: {
        ...{ cpuMs: 900 * this.#second, runMs: 1000 * this.#second, memoryBytes: 150e6, keysPooled: 64, keysGenerated: 0 },
        ...{ eventLoopDelayMs: delays, recent: { ms: TELL_MS, cpuMs: 900, eventLoopDelayMs: delays } },
        fullest: { portsShare: 0.1, openFilesShare: 0.1, memoryShare: 0.3 },
      },
    }
    const told: Told = { since, fromMs: 0, results, kept: [], events }
    addTold(this.#batch, { process: '0', told, clock: this.#clock })
    await this.#store.write(this.#batch)
    this.#batch = newBatch(this.#batch.seq + 1)
  }
}
