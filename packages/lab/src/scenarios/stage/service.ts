import { type Address, formatAddress } from '@capfkit/listen'

const ANY_PORT = '127.0.0.1:0'

/** A party that listens. */
export type Listening = AsyncDisposable & { readonly address: Address }

/** A party that is stopped and started again where it was. What it is started with is looked up each time. */
export class Service<P extends Listening> implements AsyncDisposable {
  readonly #start: (listen: string) => Promise<P>
  #listen = ANY_PORT
  #running: P | undefined

  constructor(start: (listen: string) => Promise<P>) {
    this.#start = start
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** @throws when it is stopped. */
  get party(): P {
    if (!this.#running) throw new Error('the service is stopped')
    return this.#running
  }

  /** Where it listens, or did before it was stopped. */
  get port(): number {
    return Number(this.#listen.slice(this.#listen.lastIndexOf(':') + 1))
  }

  async start(): Promise<P> {
    this.#running = await this.#start(this.#listen)
    this.#listen = formatAddress(this.#running.address)
    return this.#running
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.[Symbol.asyncDispose]()
  }

  async restart(): Promise<P> {
    await this.stop()
    return this.start()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
