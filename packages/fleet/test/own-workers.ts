import { type FleetSummary, runDistributed, runFleetWorker } from '../src/index.ts'

/** Of coordinators and workers in tests. */
export const VERSION = 'of-this-test'
/** How long they may be silent, where none of them is killed. */
const LEASE_MS = 30_000

/** A worker in this process, with a client process of its own. Leaves when it is disposed of. */
export class OwnWorker implements AsyncDisposable {
  readonly said: string[] = []
  readonly #controller = new AbortController()
  readonly #done: Promise<void>

  constructor(store: string, name: string, leaseMs = LEASE_MS) {
    const { signal } = this.#controller
    const onSay = (sentence: string) => this.said.push(sentence)
    this.#done = runFleetWorker({ store, processes: 1, name, version: VERSION, leaseMs, signal, onSay })
    this.#done.catch((error: Error) => process.stderr.write(`${name}: ${error.stack} ${error.cause}\n`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#done
  }
}

/** What a coordinator in this process is told, and what it says. */
export const ledBy = (store: string, workers: number, leaseMs = LEASE_MS) => {
  const said: string[] = []
  const onSay = (sentence: string) => said.push(sentence)
  return { said, coordinator: { store, workers, version: VERSION, leaseMs, onSay } }
}

type Options = Parameters<typeof runDistributed>[0]['options']

/** A run that is led here, and what its coordinator said. */
export const runHere = (options: Options, led: { store: string; workers: number; leaseMs?: number }) => {
  const { said, coordinator } = ledBy(led.store, led.workers, led.leaseMs)
  const summary: Promise<FleetSummary> = runDistributed({ options, coordinator })
  summary.catch(() => {})
  return { said, summary }
}
