import { CliError } from './errors.ts'
import type { Io } from './io.ts'

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that a command can clean up. The second one ends the program at once,
 * as it does everywhere else: see `capf.ts`.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #io: Io
  readonly #stop = () => {
    this[Symbol.dispose]()
    this.#controller.abort(new CliError('CLI_STOPPED'))
  }

  constructor(io: Io) {
    this.#io = io
    for (const name of ['SIGINT', 'SIGTERM'] as const) io.signals.on(name, this.#stop)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) this.#io.signals.off(name, this.#stop)
  }
}
