import type { FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { PkiError } from './errors.ts'
import { encodeHeader, encodeRecord, MAX_POOL_KEYS, recordBytesFor } from './key-pool-format.ts'
import type { KeySpec } from './key-spec.ts'
import { generateEncodedKeyPair } from './keys.ts'
import { replacePrivateFile } from './private-file.ts'

export type KeyPoolOptions = {
  file: string
  spec: KeySpec
  /** 1 to 10 million. */
  count: number
  /**
   * Keys that are made at the same time. Default twice the cores, at least 2: more than cores, because the time for one RSA key
   * varies widely. Above 4 only if the environment variable UV_THREADPOOL_SIZE is raised as well.
   */
  parallel?: number
  /** Ends the work after the keys that are being made; nothing is left behind. */
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/** Records that are written at once. */
const BATCH = 256

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

const writePool = async (handle: FileHandle, { spec, count, parallel, signal, onProgress }: KeyPoolOptions): Promise<void> => {
  const recordBytes = recordBytesFor(spec)
  const workers = parallel ?? Math.max(2, availableParallelism() * 2)
  let done = 0
  await handle.writeFile(encodeHeader({ spec, count, recordBytes }))
  for (let first = 0; first < count; first += BATCH) {
    const batch = Buffer.alloc(Math.min(BATCH, count - first) * recordBytes)
    let next = 0
    const work = async () => {
      while (next < batch.length) {
        const record = batch.subarray(next, next + recordBytes)
        next += recordBytes
        encodeRecord(record, await generateEncodedKeyPair(spec))
        signal?.throwIfAborted()
        onProgress?.(++done, count)
      }
    }
    const stopOthers = (error: unknown) => {
      next = batch.length
      throw error
    }
    await Promise.all(Array.from({ length: workers }, () => work().catch(stopOthers)))
    await handle.writeFile(batch)
  }
}
