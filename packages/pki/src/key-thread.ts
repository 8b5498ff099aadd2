import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { encodeRecord, recordBytesFor } from './key-pool-format.ts'
import type { KeySpec } from './key-spec.ts'
import { generateEncodedKeyPair } from './keys.ts'

// From source this is a .ts file, in the published package a .js file.
const PROGRAM = fileURLToPath(new URL(`./key-thread-program${extname(import.meta.filename)}`, import.meta.url))

/** What a thread is told: so many records of a key pool, please. */
export type RecordsWanted = { count: number }

/** Makes records of a key pool, one call at a time; the buffer is the caller's. */
export interface RecordMaker extends AsyncDisposable {
  make(count: number): Promise<Buffer>
}

/** One lane of libuv's thread pool, which is there already and has four threads for the whole process. */
export const poolLane = (spec: KeySpec): RecordMaker => ({
  make: async count => {
    const recordBytes = recordBytesFor(spec)
    const records = Buffer.alloc(count * recordBytes)
    for (let at = 0; at < records.length; at += recordBytes)
      encodeRecord(records.subarray(at, at + recordBytes), await generateEncodedKeyPair(spec))
    return records
  },
  [Symbol.asyncDispose]: async () => {},
})

/**
 * A thread of its own, whatever the size of libuv's pool. Its event loop does nothing else, so that a key costs no way through the
 * queues of the pool: more than half of the time of an EC key.
 */
export class KeyThread implements RecordMaker {
  readonly #worker: Worker

  constructor(spec: KeySpec) {
    this.#worker = new Worker(PROGRAM, { workerData: spec, execArgv: [] })
    // Whoever waits hears of it as well; without a listener it would end the process.
    this.#worker.on('error', () => {})
  }

  /** @throws what ended the thread. */
  make(count: number): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const take = (bytes: ArrayBuffer) => resolve(Buffer.from(bytes))
    const ended = (exitCode: number) => reject(new Error(`the thread that makes keys ended with ${exitCode}`))
    this.#worker.once('message', take).once('error', reject).once('exit', ended)
    this.#worker.postMessage({ count } satisfies RecordsWanted)
    return promise.finally(() => this.#worker.off('message', take).off('error', reject).off('exit', ended))
  }

  /** Ends after the key that is being made. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
