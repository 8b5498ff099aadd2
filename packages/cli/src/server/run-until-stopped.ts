import type { ServerGroup } from '@capfkit/server'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, note } from '../io.ts'

const NOTE_MS = 1_000

const sessionsLeft = (count: number) => `${count === 0 ? 'no' : count} ${count === 1 ? 'session' : 'sessions'} left`

export type Running = {
  readonly group: ServerGroup
  readonly io: Io
  /** Read the certificate again and serve it; gives a sentence about it. */
  reload(): string
}

/**
 * A server that runs until it is told to stop: SIGTERM or the first Ctrl-C drains, the second Ctrl-C cuts the sessions,
 * SIGHUP reads the certificate again.
 */
export class UntilStopped implements Disposable {
  readonly #running: Running
  readonly #stopped = Promise.withResolvers<ExitCode>()
  #isDraining = false
  #exit: ExitCode = EXIT.pass

  constructor(running: Running) {
    this.#running = running
    const { signals } = running.io
    signals.on('SIGTERM', this.drain)
    signals.on('SIGINT', this.#interrupt)
    signals.on('SIGHUP', this.#hangUp)
  }

  /** The exit code, when the server is gone. */
  get stopped(): Promise<ExitCode> {
    return this.#stopped.promise
  }

  readonly drain = (): void => {
    if (this.#isDraining) return
    this.#isDraining = true
    const { group, io } = this.#running
    let told = group.report().sessions
    note(io, `draining: ${sessionsLeft(told)}${told > 0 ? '; Ctrl-C ends them at once' : ''}`)
    const timer = setInterval(() => {
      const { sessions } = group.report()
      if (sessions !== told) note(io, `draining: ${sessionsLeft(sessions)}`)
      told = sessions
    }, NOTE_MS)
    group
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
    const { group, io } = this.#running
    note(io, 'ending every session now; their devices stay pending')
    group.cut()
    // A third Ctrl-C does not wait for anything: see capf.ts.
    io.signals.off('SIGINT', this.#interrupt)
  }

  readonly #hangUp = (): void => {
    const { io, reload } = this.#running
    try {
      note(io, reload())
    } catch (error) {
      note(io, `the certificate stays as it is: ${error instanceof Error ? error.message : String(error)}`)
    }
  };

  [Symbol.dispose](): void {
    const { signals } = this.#running.io
    signals.off('SIGTERM', this.drain)
    signals.off('SIGINT', this.#interrupt)
    signals.off('SIGHUP', this.#hangUp)
  }
}
