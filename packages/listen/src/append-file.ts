import { createWriteStream, type WriteStream } from 'node:fs'

/** How long a file is left alone that could not be written. */
const REOPEN_MS = 1_000

export type AppendFileInit = {
  readonly file: string
  /** Told once of each trouble, not for each line that it costs. */
  readonly onError: (error: Error) => void
  /** Default a second. */
  readonly reopenMs?: number
}

/**
 * A log file, mode 0600, opened for appending: several processes may share it. Nobody waits for it, and what cannot be written
 * is lost; when the disk has room again, it goes on.
 */
export class AppendFile implements AsyncDisposable {
  readonly #init: AppendFileInit
  #stream: WriteStream
  #failedAtMs: number | undefined

  constructor(init: AppendFileInit) {
    this.#init = init
    this.#stream = this.#open()
  }

  readonly #written = (error?: Error | null): void => {
    if (!error) this.#failedAtMs = undefined
  }

  write(text: string): void {
    if (!this.#stream.writable) this.#openAgain()
    if (!this.#stream.writable) return
    this.#stream.write(text, this.#written)
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#init.file, { flags: 'a', mode: 0o600 })
    stream.on('error', error => {
      if (this.#failedAtMs === undefined) this.#init.onError(error)
      this.#failedAtMs = performance.now()
    })
    return stream
  }

  #openAgain(): void {
    const { reopenMs = REOPEN_MS } = this.#init
    if (this.#failedAtMs !== undefined && performance.now() - this.#failedAtMs >= reopenMs) this.#stream = this.#open()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // So that it is not opened again.
    this.#failedAtMs = undefined
    if (this.#stream.closed || this.#stream.destroyed) return
    await new Promise<void>(resolve => {
      this.#stream.once('close', resolve)
      this.#stream.end()
    })
  }
}
