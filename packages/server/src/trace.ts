import { formatTraceLine, type TraceLine } from '@capfkit/codec/trace'
import { AppendFile } from '@capfkit/listen'

/** One line before it has its time. */
export type TraceEntry = Omit<TraceLine, 'timeOfDayMs'>

/** Where a session writes its trace: lines of one call stand together. */
export type Trace = AsyncDisposable & { write(entries: readonly TraceEntry[]): void }

const timeOfDayMs = (at: Date) => ((at.getHours() * 60 + at.getMinutes()) * 60 + at.getSeconds()) * 1000 + at.getMilliseconds()

/** Lines that leave at one time, each with its end. */
const textOf = (entries: readonly TraceEntry[], at: Date): string =>
  entries.map(entry => `${formatTraceLine({ timeOfDayMs: timeOfDayMs(at), ...entry })}\n`).join('')

/** A trace whose text goes wherever `write` takes it. */
export const traceTo = ({ write, now }: { write: (text: string) => void; now: () => Date }): Trace => ({
  write: entries => write(textOf(entries, now())),
  [Symbol.asyncDispose]: async () => {},
})

/**
 * A trace file in the line grammar of the product's SDI trace [CAPF-6]. Lines of one call leave in one write and the file is
 * opened for appending, so that several workers may share it.
 */
export class FileTrace implements Trace {
  readonly #file: AppendFile
  readonly #now: () => Date

  /** A trace that cannot be written must not end a session: `onError` hears of it. */
  constructor({ file, now, onError }: { file: string; now: () => Date; onError: (error: Error) => void }) {
    this.#file = new AppendFile({ file, onError })
    this.#now = now
  }

  write(entries: readonly TraceEntry[]): void {
    this.#file.write(textOf(entries, this.#now()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]()
  }
}
