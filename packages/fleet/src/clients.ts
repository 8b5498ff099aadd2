import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClientHealth, FromClient, ToClient } from './client-messages.ts'
import { FleetError } from './errors.ts'
import { Latency } from './latency.ts'
import { type Failure, Tally } from './tally.ts'

// From source this is a .ts file, in the published package a .js file.
const CLIENT_PROGRAM = fileURLToPath(new URL(`./client-process${extname(import.meta.filename)}`, import.meta.url))
/** Processes are given this long to get ready for a round, so that all start it at the same moment. */
const START_IN_MS = 20

/** How far one process is, over all rounds. */
export type ClientLive = { done: number; failures: readonly Failure[]; inFlight: number; actual: Latency }

const liveOf = ({ done, failures, inFlight, actual }: ClientLive): ClientLive => ({ done, failures, inFlight, actual })

type Waiting = { resolve: () => void; reject: (error: Error) => void }
type Client = {
  process: ChildProcess
  made: number
  live?: ClientLive
  /** It is gone, though nobody told it to go. */
  lost?: FleetError
  tally: Tally
  health?: ClientHealth
  waiting?: Waiting
}

export type ClientsInit = {
  onProgress?: () => void
  /** A process can record nothing more; it goes on with its phones until it is stopped. */
  onRecordingFailed?: (sentence: string) => void
}

/** The client processes of a run: started together, run round after round, added up. */
export class Clients implements AsyncDisposable {
  readonly #clients: Client[] = []
  readonly #onProgress: () => void
  readonly #onRecordingFailed: (sentence: string) => void

  constructor({ onProgress = () => {}, onRecordingFailed = () => {} }: ClientsInit = {}) {
    this.#onProgress = onProgress
    this.#onRecordingFailed = onRecordingFailed
  }

  /** Start the processes and have each make its phones. @throws {FleetError} `FLEET_CLIENT_FAILED`. */
  async start(init: Omit<ToClient & { type: 'start' }, 'type' | 'first' | 'step'>, processes: number): Promise<void> {
    const all = Array.from({ length: processes }, () => this.#fork())
    await Promise.all(all.map((client, first) => this.#ask(client, { ...init, type: 'start', first, step: processes })))
  }

  /** Run one round in all processes; resolves when the last session has ended. */
  async runRound(number: number): Promise<void> {
    await Promise.all(this.#clients.map(client => this.#ask(client, { type: 'round', number, startInMs: START_IN_MS })))
  }

  /** Start nothing more; running sessions may end. */
  stop(): void {
    for (const client of this.#clients) this.#tell(client, { type: 'stop' })
  }

  get made(): number {
    return this.#clients.reduce((sum, { made }) => sum + made, 0)
  }

  /** How far each process is at this moment. */
  get live(): readonly ClientLive[] {
    return this.#clients.flatMap(({ live }) => (live ? [live] : []))
  }

  /** Everything that was counted up to the end of the last round. */
  get tally(): Tally {
    const sum = new Tally()
    for (const { tally } of this.#clients) sum.add(tally)
    return sum
  }

  get health(): readonly ClientHealth[] {
    return this.#clients.flatMap(({ health }) => (health ? [health] : []))
  }

  #fork(): Client {
    const child = fork(CLIENT_PROGRAM, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const client: Client = { process: child, made: 0, tally: new Tally() }
    this.#clients.push(client)
    child.on('message', (message: FromClient) => this.#hear(client, message))
    const lose = (how: string, cause?: Error) => {
      const name = child.pid === undefined ? 'client process' : `client process ${child.pid}`
      client.lost ??= new FleetError('FLEET_CLIENT_FAILED', `${name}, ${how}`, { cause })
      client.waiting?.reject(client.lost)
    }
    // Where it broke because the process ends, the exit says how.
    child.on('error', cause => {
      if (child.pid === undefined) lose('not to be started', cause)
    })
    child.once('exit', (code, signal) => lose(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`))
    return client
  }

  #hear(client: Client, message: FromClient): void {
    const { type } = message
    if (type === 'made') client.made = message.phones
    else if (type === 'progress') {
      client.live = liveOf({ ...message.progress, actual: Latency.decode(message.progress.actual) })
      this.#onProgress()
    } else if (type === 'recordingFailed') this.#onRecordingFailed(message.message)
    else if (type === 'failed') {
      const { code = 'FLEET_CLIENT_FAILED', where = 'client process', message: words } = message
      client.waiting?.reject(new FleetError(code, where, { cause: new Error(words) }))
    } else {
      if (type === 'roundEnd') {
        client.tally = Tally.decode(message.tally)
        client.health = message.health
        client.live = liveOf({ ...client.tally, failures: [...client.tally.failures.values()], inFlight: 0 })
      }
      client.waiting?.resolve()
    }
  }

  #tell({ process: child }: Client, message: ToClient): void {
    if (child.connected) child.send(message)
  }

  #ask(client: Client, message: ToClient): Promise<void> {
    return new Promise((resolve, reject) => {
      if (client.lost) throw client.lost
      client.waiting = { resolve, reject }
      this.#tell(client, message)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#clients.map(async client => {
        const { process: child } = client
        delete client.waiting
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
        this.#tell(client, { type: 'end' })
        await gone
      }),
    )
  }
}
