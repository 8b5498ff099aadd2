import { type FileHandle, open } from 'node:fs/promises'
import { encodeEntries, type RunEntry } from '@capfkit/codec/run'
import { FleetError } from '../errors.ts'

/** What happens meanwhile goes out with the next write; a disk that does not keep up must not take the memory. */
const MOST_WAITING = 100_000
const FLUSH_MS = 1_000

export type RecorderInit = {
  file: string
  header: RunEntry & { kind: 'header' }
  /** Asked for more before each write: what is measured once a second. */
  beforeFlush?: () => RunEntry
  /** Done before entries are written: what must not be lost when they are not. */
  beforeWrite?: (() => Promise<void>) | undefined
  /** Told once when writing has failed; nothing more is recorded then. */
  onFailure: (error: FleetError) => void
}

/** Appends entries to a run file [RUN-1.2]: collects them, and writes once a second what has come together. */
export class Recorder implements AsyncDisposable {
  readonly #init: RecorderInit
  readonly #handle: FileHandle
  readonly #timer: NodeJS.Timeout
  #waiting: RunEntry[] = []
  #writing: Promise<void> | undefined
  #failure: FleetError | undefined

  private constructor(init: RecorderInit, handle: FileHandle) {
    this.#init = init
    this.#handle = handle
    this.#timer = setInterval(() => this.#tick(), FLUSH_MS)
    this.#timer.unref()
  }

  /** Begin a new file with its header. @throws {FleetError} `FLEET_RECORDING`. */
  static async open(init: RecorderInit): Promise<Recorder> {
    try {
      const handle = await open(init.file, 'w')
      await handle.write(encodeEntries([init.header]))
      return new Recorder(init, handle)
    } catch (cause) {
      throw new FleetError('FLEET_RECORDING', init.file, { cause })
    }
  }

  /** Costs next to nothing now; the work is done with the next write. */
  add(entry: RunEntry): void {
    if (this.#failure) return
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(entry)
    else this.#fail(new Error('the disk does not keep up'))
  }

  #tick(): void {
    // The disk is busy with what there was a second ago: it all goes out together the next time.
    if (!this.#writing) void this.flush()
  }

  /** Write what has come together. */
  async flush(): Promise<void> {
    await this.#writing
    const { beforeFlush } = this.#init
    if (beforeFlush) this.add(beforeFlush())
    if (this.#failure || this.#waiting.length === 0) return
    const entries = this.#waiting
    this.#waiting = []
    this.#writing = this.#write(entries).finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  async #write(entries: readonly RunEntry[]): Promise<void> {
    try {
      await this.#init.beforeWrite?.()
      await this.#handle.appendFile(encodeEntries(entries))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure) return
    this.#failure = new FleetError('FLEET_RECORDING', this.#init.file, { cause })
    this.#waiting = []
    this.#init.onFailure(this.#failure)
  }

  /** Write the rest and close. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
    await this.#handle.close()
  }
}
