import { parentPort, workerData } from 'node:worker_threads'
import { encodeRecord, recordBytesFor } from './key-pool-format.ts'
import type { KeySpec } from './key-spec.ts'
import type { RecordsWanted } from './key-thread.ts'
import { generateEncodedKeyPairSync } from './keys.ts'

/** The program of a thread that makes keys. Not to be run by hand. */

const spec = workerData as KeySpec
const recordBytes = recordBytesFor(spec)

parentPort?.on('message', ({ count }: RecordsWanted) => {
  const bytes = new ArrayBuffer(count * recordBytes)
  for (let at = 0; at < bytes.byteLength; at += recordBytes)
    encodeRecord(Buffer.from(bytes, at, recordBytes), generateEncodedKeyPairSync(spec))
  // Handed over, not copied: a private key is in one place.
  parentPort?.postMessage(bytes, [bytes])
})
