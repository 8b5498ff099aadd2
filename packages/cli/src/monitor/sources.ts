import { type Watched, watchedIn, watchedOf } from '@capfkit/monitor'
import type { DeviceStore } from '@capfkit/server'
import { certificatesIn } from '../certificate-files.ts'
import { openStore } from '../device/store.ts'

export type Monitored = {
  readonly store: string
  readonly storeLockTimeoutMs: number
  readonly files: readonly string[]
  /** Whether the store was named: where only files are, the usual store is not looked for. */
  readonly isStoreGiven: boolean
}

/** The store, if one is meant. @throws {CliError} `CLI_STORE_MISSING` */
export const storeOf = ({ files, isStoreGiven, ...options }: Monitored): DeviceStore | undefined =>
  files.length > 0 && !isStoreGiven ? undefined : openStore(options, { mustExist: true })

/** Everything that is watched, as it is now: files are read, and the store is opened, each time. */
export async function* watchedNow(monitored: Monitored, signal: AbortSignal | undefined): AsyncGenerator<Watched> {
  for (const file of monitored.files) {
    signal?.throwIfAborted()
    for (const certificateDer of await certificatesIn(file)) yield watchedIn(file, certificateDer)
  }
  await using store = storeOf(monitored)
  if (!store) return
  for await (const device of store.list()) yield* watchedOf(device)
}
