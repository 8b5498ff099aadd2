import { type FleetSummary, runDistributed, runFleetWorker } from '../src/index.ts'

/** Of coordinators and workers in tests; and how long they may be silent. */
export const VERSION = 'of-this-test'
export const LEASE_MS = 1_500

/** A worker in this process, with a client process of its own. Leaves when it is disposed of. */
export class OwnWorker implements AsyncDisposable {
  readonly said: string[] = []
  readonly #controller = new AbortController()
  readonly #done: Promise<void>

  constructor(store: string, name: string) {
    const { signal } = this.#controller
    const onSay = (sentence: string) => this.said.push(sentence)
    this.#done = runFleetWorker({ store, processes: 1, name, version: VERSION, leaseMs: LEASE_MS, signal, onSay })
    this.#done.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#done
  }
}

/** What a coordinator in this process is told, and what it says. */
export const ledBy = (store: string, workers: number) => {
  const said: string[] = []
  const onSay = (sentence: string) => said.push(sentence)
  return { said, coordinator: { store, workers, version: VERSION, leaseMs: LEASE_MS, onSay } }
}

type Options = Parameters<typeof runDistributed>[0]['options']

/** A run that is led here, and what its coordinator said. */
export const runHere = (options: Options, { store, workers }: { store: string; workers: number }) => {
  const { said, coordinator } = ledBy(store, workers)
  const summary: Promise<FleetSummary> = runDistributed({ options, coordinator })
  summary.catch(() => {})
  return { said, summary }
}
