import type { FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { PkiError } from './errors.ts'
import { encodeHeader, MAX_POOL_KEYS, recordBytesFor } from './key-pool-format.ts'
import type { KeySpec } from './key-spec.ts'
import { KeyThread, poolLane, type RecordMaker } from './key-thread.ts'
import { replacePrivateFile } from './private-file.ts'

export type KeyPoolOptions = {
  file: string
  spec: KeySpec
  /** 1 to 10 million. */
  count: number
  /**
   * Keys that are made at the same time. Default: a thread for each core and some more; few keys are not worth threads of their
   * own, and take those of libuv.
   */
  parallel?: number
  /** Ends the work after the keys that are being made; nothing is left behind. */
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/** Below this many keys a thread costs more than it brings; it is asked for so many at once, not to wait for messages. */
export const WORTH = {
  rsa: { threadsFrom: 32, atOnce: 1 },
  ec: { threadsFrom: 2048, atOnce: 128 },
} as const
/** In libuv's pool; more than most machines have cores, because the time for one RSA key varies widely. */
const POOL_LANES = 4
/** More threads than cores: what else runs on the machine then takes less of them, and the last keys of a pool end sooner. */
const SPARE_THREADS = 4

/**
 * Makes key pairs and writes them to a file of mode 0600 that replaces `file` when the last key is in it.
 *
 * @throws {PkiError} `PKI_POOL_COUNT`; `PKI_POOL_WRITE` with the original (`ENOSPC`, `EACCES`, `ENOENT`) in `cause`;
 *   `PKI_NOT_A_FILE`. The signal's reason when aborted.
 */
export const generateKeyPool = async (options: KeyPoolOptions): Promise<void> => {
  const { file, count, signal } = options
  if (!Number.isInteger(count) || count < 1 || count > MAX_POOL_KEYS) {
    throw new PkiError('PKI_POOL_COUNT', { where: `${file}: count ${count}` })
  }
  signal?.throwIfAborted()
  try {
    await replacePrivateFile({ file, write: handle => writePool(handle, options) })
  } catch (cause) {
    signal?.throwIfAborted()
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new PkiError('PKI_POOL_WRITE', { where: file, cause })
  }
}

const makersFor = ({ spec, count, parallel }: KeyPoolOptions): RecordMaker[] => {
  const isFew = count < WORTH[spec.type].threadsFrom
  const cores = availableParallelism()
  const wanted = parallel ?? (isFew ? POOL_LANES : cores + Math.min(cores, SPARE_THREADS))
  return Array.from({ length: Math.min(wanted, count) }, () => (isFew ? poolLane(spec) : new KeyThread(spec)))
}

const writePool = async (handle: FileHandle, options: KeyPoolOptions): Promise<void> => {
  const { spec, count, signal, onProgress } = options
  await handle.writeFile(encodeHeader({ spec, count, recordBytes: recordBytesFor(spec) }))
  await using stack = new AsyncDisposableStack()
  let [given, done] = [0, 0]
  let written: Promise<unknown> = Promise.resolve()
  const work = async (maker: RecordMaker) => {
    while (given < count) {
      signal?.throwIfAborted()
      const share = Math.min(WORTH[spec.type].atOnce, count - given)
      given += share
      const records = await maker.make(share)
      // One write after the other: which key is where does not matter.
      written = written.then(() => handle.writeFile(records))
      await written
      done += share
      onProgress?.(done, count)
    }
  }
  const stopOthers = (error: unknown) => {
    given = count
    throw error
  }
  const makers = makersFor(options).map(maker => stack.use(maker))
  const ended = await Promise.allSettled(makers.map(maker => work(maker).catch(stopOthers)))
  for (const result of ended) if (result.status === 'rejected') throw result.reason
}
