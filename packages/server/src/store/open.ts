import { ServerError } from '../errors.ts'
import { MemoryDeviceStore } from './memory.ts'
import { SqliteDeviceStore } from './sqlite.ts'
import type { DeviceStore } from './store.ts'

/**
 * Open the store that a `--store` word names: `sqlite:FILE` (or just FILE) or `memory:`.
 *
 * @throws {ServerError} `STORE_OPEN_FAILED` for another kind of store, and whatever the store says of its file.
 */
export const openDeviceStore = (url: string, options: { lockTimeoutMs?: number } = {}): DeviceStore => {
  if (url === 'memory:') return new MemoryDeviceStore()
  const file = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : url
  if (file === '' || /^[a-z]*:/i.test(file)) throw new ServerError('STORE_OPEN_FAILED', `${url} is neither sqlite:FILE nor memory:`)
  return new SqliteDeviceStore({ file, ...options })
}
