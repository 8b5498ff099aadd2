import { countedOrNo } from '../counted.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, note } from '../io.ts'

const NOTE_MS = 1_000

const sessionsLeft = (count: number) => `${countedOrNo(count, 'session')} left`

export type Running = {
  readonly service: { close(): Promise<void>; cut(): void }
  /** Sessions at this moment. */
  sessions(): number
  /** Read the files again and serve what is in them; gives a sentence about it. */
  reload(): string | Promise<string>
  readonly words: {
    /** What stays when a reload fails. */
    readonly kept: string
    /** What the second Ctrl-C does. */
    readonly cut: string
  }
}

/**
 * A service that runs until it is told to stop: SIGTERM or the first Ctrl-C drains, the second Ctrl-C cuts the sessions,
 * SIGHUP reads its files again.
 */
export class UntilStopped implements Disposable {
  readonly #running: Running
  readonly #io: Io
  readonly #stopped = Promise.withResolvers<ExitCode>()
  #isDraining = false
  #exit: ExitCode = EXIT.pass

  constructor(running: Running, io: Io) {
    this.#running = running
    this.#io = io
    const { signals } = io
    signals.on('SIGTERM', this.drain)
    signals.on('SIGINT', this.#interrupt)
    signals.on('SIGHUP', this.#hangUp)
  }

  /** The exit code, when the service is gone. */
  get stopped(): Promise<ExitCode> {
    return this.#stopped.promise
  }

  readonly drain = (): void => {
    if (this.#isDraining) return
    this.#isDraining = true
    const { service, sessions } = this.#running
    const io = this.#io
    let told = sessions()
    note(io, `draining: ${sessionsLeft(told)}${told > 0 ? '; Ctrl-C ends them at once' : ''}`)
    const timer = setInterval(() => {
      const left = sessions()
      if (left !== told) note(io, `draining: ${sessionsLeft(left)}`)
      told = left
    }, NOTE_MS)
    service
      .close()
      .finally(() => clearInterval(timer))
      .then(() => this.#stopped.resolve(this.#exit), this.#stopped.reject)
  }

  readonly #interrupt = (): void => {
    if (!this.#isDraining) {
      this.drain()
      return
    }
    this.#exit = EXIT.stopped
    const { service, words } = this.#running
    note(this.#io, words.cut)
    service.cut()
    // A third Ctrl-C does not wait for anything: see capf.ts.
    this.#io.signals.off('SIGINT', this.#interrupt)
  }

  readonly #hangUp = async (): Promise<void> => {
    const { reload, words } = this.#running
    try {
      note(this.#io, await reload())
    } catch (error) {
      note(this.#io, `${words.kept}: ${error instanceof Error ? error.message : String(error)}`)
    }
  };

  [Symbol.dispose](): void {
    const { signals } = this.#io
    signals.off('SIGTERM', this.drain)
    signals.off('SIGINT', this.#interrupt)
    signals.off('SIGHUP', this.#hangUp)
  }
}
