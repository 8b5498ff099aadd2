import { CliError } from './errors.ts'
import type { Io } from './io.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that a command can clean up. The second one ends the program at once,
 * as it does everywhere else: see `capf.ts`.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #io: Io
  readonly #lastWords: (() => void) | undefined
  readonly #stop = () => {
    this.#listen('off', this.#stop)
    if (this.#lastWords) this.#listen('on', this.#end)
    this.#controller.abort(new CliError('CLI_STOPPED'))
  }
  readonly #end = () => {
    this.#listen('off', this.#end)
    this.#lastWords?.()
    // Now that nothing else listens, it ends the program.
    this.#io.signals.emit('SIGINT')
  }

  /** @param options.lastWords  said when the second one ends the program. */
  constructor(io: Io, { lastWords }: { lastWords?: () => void } = {}) {
    this.#io = io
    this.#lastWords = lastWords
    this.#listen('on', this.#stop)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  #listen(how: 'on' | 'off', listener: () => void): void {
    for (const name of SIGNALS) this.#io.signals[how](name, listener)
  }

  [Symbol.dispose](): void {
    this.#listen('off', this.#stop)
    this.#listen('off', this.#end)
  }
}
