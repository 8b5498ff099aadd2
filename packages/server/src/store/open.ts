import { ServerError } from '../errors.ts'
import { MemoryDeviceStore } from './memory.ts'
import { PostgresDeviceStore } from './postgres/postgres.ts'
import { SqliteDeviceStore } from './sqlite.ts'
import type { DeviceStore } from './store.ts'

/** Whether a `--store` word names a database that several machines may use. */
export const isDatabase = (url: string): boolean => /^postgres(?:ql)?:\/\//i.test(url)

/**
 * Open the store that a `--store` word names: `sqlite:FILE` (or just FILE), `postgres://…`, or `memory:`. A database
 * is connected to when it is first asked for something.
 *
 * @throws {ServerError} `STORE_OPEN_FAILED` for another kind of store, and whatever the store says of its file.
 */
export const openDeviceStore = (
  url: string,
  { lockTimeoutMs = 5_000, connections = 10 }: { lockTimeoutMs?: number; connections?: number } = {},
): DeviceStore => {
  if (url === 'memory:') return new MemoryDeviceStore()
  if (isDatabase(url)) return new PostgresDeviceStore({ url, most: connections, timeoutMs: lockTimeoutMs })
  const file = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : url
  if (file === '' || /^[a-z]*:/i.test(file))
    throw new ServerError('STORE_OPEN_FAILED', `${url} is neither sqlite:FILE, postgres://… nor memory:`)
  return new SqliteDeviceStore({ file, lockTimeoutMs })
}
