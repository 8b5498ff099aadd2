import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childArguments } from '@capfkit/listen'
import { CLIENT_MEMORY } from './client-memory.ts'
import type { FromClient, LiveHealth, Since, ToClient } from './client-messages.ts'
import { FleetError, type FleetErrorCode } from './errors.ts'
import type { PaceState } from './pace.ts'
import type { PhaseStanding } from './plan/remainder.ts'
import type { EndedLately } from './recording/recent-ends.ts'
import { Tally } from './tally.ts'

// From source this is a .ts file, in the published package a .js file.
const CLIENT_PROGRAM = fileURLToPath(new URL(`./client-process${extname(import.meta.filename)}`, import.meta.url))
/** Processes are given this long to get ready for a phase, so that all start it at the same moment. */
const START_IN_MS = 20

/** A process that has said goodbye may take this long to be gone. */
const EXIT_MS = 500

const codeOf = (cause: NodeJS.ErrnoException | undefined): FleetErrorCode =>
  cause?.code === 'EMFILE' || cause?.code === 'ENFILE' ? 'FLEET_NO_DESCRIPTORS' : 'FLEET_CLIENT_FAILED'

type Waiting = { resolve: () => void; reject: (error: Error) => void }
type Client = {
  process: ChildProcess
  made: number
  /** It is gone, though nobody told it to go. */
  lost?: FleetError
  /** Of the run so far. */
  tally: Tally
  /** Since its message before the last one. */
  recent: Tally
  inFlight: number
  oldestMs: number
  health?: LiveHealth
  waiting?: Waiting
}

export type ClientsInit = {
  /** Hears what a process counted since it told last. */
  onProgress?: (since: Tally) => void
  /** A process can record nothing more; it goes on with its phones until it is stopped. */
  onRecordingFailed?: (sentence: string) => void
  /** Hears what ended lately in a process that is watched. */
  onEnded?: ((ended: EndedLately) => void) | undefined
}

/** The client processes of a run: started together, run phase after phase, added up. */
export class Clients implements AsyncDisposable {
  readonly #clients: Client[] = []
  readonly #onProgress: (since: Tally) => void
  readonly #onRecordingFailed: (sentence: string) => void
  readonly #onEnded: (ended: EndedLately) => void

  constructor({ onProgress = () => {}, onRecordingFailed = () => {}, onEnded = () => {} }: ClientsInit = {}) {
    this.#onProgress = onProgress
    this.#onRecordingFailed = onRecordingFailed
    this.#onEnded = onEnded
  }

  /** Start the processes and have each make its phones. @throws {FleetError} `FLEET_CLIENT_FAILED`. */
  async start(init: Omit<ToClient & { type: 'start' }, 'type' | 'first' | 'step'>, processes: number): Promise<void> {
    const all = Array.from({ length: processes }, () => this.#fork())
    await Promise.all(all.map((client, first) => this.#ask(client, { ...init, type: 'start', first, step: processes })))
  }

  /** Run one phase, or what is left of it, in all processes; resolves when the last session has ended. */
  async runPhase(number: number, standing?: PhaseStanding): Promise<undefined> {
    await Promise.all(this.#clients.map(client => this.#ask(client, { type: 'phase', number, standing, startInMs: START_IN_MS })))
  }

  /** Schedules go at this pace from now on. */
  setPace(state: PaceState): void {
    this.#tellAll({ type: 'pace', state })
  }

  /** Start nothing more; running sessions may end in their own time. */
  drain(): void {
    this.#tellAll({ type: 'drain' })
  }

  /** Start nothing more; running sessions have a few seconds, or so many ms. */
  stop(graceMs?: number): void {
    this.#tellAll({ type: 'stop', graceMs })
  }

  get made(): number {
    return this.#clients.reduce((sum, { made }) => sum + made, 0)
  }

  get inFlight(): number {
    return this.#clients.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  /** How long the session has been under way that began first of all that are, ms. */
  get oldestMs(): number {
    return Math.max(0, ...this.#clients.map(({ oldestMs }) => oldestMs))
  }

  /** Everything that was counted up to what the processes told last. */
  get tally(): Tally {
    return Tally.sum(this.#clients.map(({ tally }) => tally))
  }

  /** What was counted in the last second or so of each process. */
  get recent(): Tally {
    return Tally.sum(this.#clients.map(({ recent }) => recent))
  }

  /** Operations that ended a second, of late. */
  get ratePerSecond(): number {
    return this.#clients.reduce((sum, { recent: { ended }, health }) => {
      return sum + (1000 * ended) / Math.max(1, health?.recent.ms ?? 0)
    }, 0)
  }

  get health(): readonly LiveHealth[] {
    return this.#clients.flatMap(({ health }) => (health ? [health] : []))
  }

  #fork(): Client {
    const child = fork(CLIENT_PROGRAM, {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...childArguments(), ...CLIENT_MEMORY.arguments],
      env: { ...CLIENT_MEMORY.environment, ...process.env },
    })
    const client: Client = { process: child, made: 0, inFlight: 0, oldestMs: 0, tally: new Tally(), recent: new Tally() }
    this.#clients.push(client)
    child.on('message', (message: FromClient) => this.#hear(client, message))
    const lose = (how: string, cause?: Error) => {
      const name = child.pid === undefined ? 'client process' : `client process ${child.pid}`
      client.lost ??= new FleetError(codeOf(cause), `${name}, ${how}`, { cause })
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
    else if (type === 'since') this.#add(client, message.since)
    else if (type === 'recordingFailed') this.#onRecordingFailed(message.message)
    else if (type === 'failed') {
      const { code = 'FLEET_CLIENT_FAILED', where = 'client process', message: words } = message
      client.waiting?.reject(new FleetError(code, where, { cause: new Error(words) }))
    } else {
      if (type === 'phaseEnd') this.#add(client, message.since)
      client.waiting?.resolve()
    }
  }

  #add(client: Client, { tally, inFlight, oldestMs, health, ended }: Since): void {
    client.recent = Tally.decode(tally)
    client.tally.add(client.recent)
    client.inFlight = inFlight
    client.oldestMs = oldestMs
    client.health = health
    if (ended) this.#onEnded(ended)
    this.#onProgress(client.recent)
  }

  #tellAll(message: ToClient): void {
    for (const client of this.#clients) this.#tell(client, message)
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
        // It has written everything by then; what may hold it up is a thread that still waits for a resolver.
        let timer: NodeJS.Timeout | undefined
        child.once('disconnect', () => {
          timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS)
        })
        this.#tell(client, { type: 'end' })
        await gone
        clearTimeout(timer)
      }),
    )
  }
}
