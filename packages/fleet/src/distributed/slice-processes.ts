import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childArguments } from '@capfkit/listen'
import { CLIENT_MEMORY } from '../client-memory.ts'
import { FleetError } from '../errors.ts'
import type { EncodedPhone } from '../fleet-file/kept.ts'
import type { FromSlices, Told, ToSlices } from './slice-messages.ts'

// From source this is a .ts file, in the published package a .js file.
const PROGRAM = fileURLToPath(new URL(`./slice-process${extname(import.meta.filename)}`, import.meta.url))

/** A process that has said goodbye may take this long to be gone. */
const EXIT_MS = 2_000

export type SliceProcess = { readonly name: string; readonly child: ChildProcess; readonly slices: Set<number> }

type Init = Omit<ToSlices & { type: 'start' }, 'type' | 'process' | 'processes'>

/** The processes of a worker, each with slices of the phones. */
export class SliceProcesses implements AsyncDisposable {
  readonly #all: SliceProcess[] = []
  readonly #onTold: (process: SliceProcess, told: Told) => void
  /** Rejects when one of them cannot go on. */
  readonly #failed = Promise.withResolvers<never>()
  #isEnding = false

  constructor(onTold: (process: SliceProcess, told: Told) => void) {
    this.#onTold = onTold
    this.#failed.promise.catch(() => {})
  }

  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** @throws {FleetError} `FLEET_CLIENT_FAILED`, or what stops one from beginning. */
  async start(init: Init, processes: number): Promise<void> {
    const begun = Array.from({ length: processes }, (_, process) => this.#fork({ ...init, type: 'start', process, processes }))
    await Promise.race([Promise.all(begun), this.failed])
  }

  #fork(start: ToSlices & { type: 'start' }): Promise<void> {
    const child = fork(PROGRAM, {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...childArguments(), ...CLIENT_MEMORY.arguments],
      env: { ...CLIENT_MEMORY.environment, ...process.env },
    })
    const process_: SliceProcess = { name: String(start.process), child, slices: new Set() }
    this.#all.push(process_)
    const lose = (how: string, cause?: Error) => {
      if (!this.#isEnding)
        this.#failed.reject(new FleetError('FLEET_CLIENT_FAILED', `client process ${child.pid}, ${how}`, { cause }))
    }
    child.on('error', cause => lose('not to be reached', cause))
    child.once('exit', (code, signal) => lose(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`))
    return new Promise(resolve => {
      child.on('message', (message: FromSlices) => {
        if (message.type === 'told') this.#onTold(process_, message)
        else if (message.type === 'ready') resolve()
        else {
          const { code = 'FLEET_CLIENT_FAILED', where = 'client process', message: words } = message
          this.#failed.reject(new FleetError(code, where, { cause: new Error(words) }))
        }
      })
      child.send(start)
    })
  }

  /** The one with the fewest slices takes this one, and what its phones have. */
  take(slice: number, phones: readonly EncodedPhone[]): void {
    const [first, ...others] = this.#all
    if (!first) return
    const least = others.reduce((best, process) => (process.slices.size < best.slices.size ? process : best), first)
    least.slices.add(slice)
    this.#tell(least, { type: 'take', slice, phones })
  }

  /** To the one that has this slice. */
  tellSlice(message: ToSlices & { slice: number }): void {
    for (const process of this.#all) if (process.slices.has(message.slice)) this.#tell(process, message)
  }

  tellAll(message: ToSlices): void {
    for (const process of this.#all) this.#tell(process, message)
  }

  #tell({ child }: SliceProcess, message: ToSlices): void {
    if (child.connected) child.send(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    await Promise.all(
      this.#all.map(async ({ child }) => {
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
        const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS)
        if (child.connected) child.send({ type: 'end' } satisfies ToSlices)
        await gone
        clearTimeout(timer)
      }),
    )
  }
}
