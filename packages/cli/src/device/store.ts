import { existsSync } from 'node:fs'
import { type Device, type DeviceStore, isDatabase, openDeviceStore } from '@capfkit/server'
import { CliError, MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { storeFile } from '../store-file.ts'

/**
 * The store of a `capf device` command.
 *
 * @param mustExist  a mistyped name shall not make an empty store.
 * @throws {CliError} `CLI_STORE_IN_MEMORY`, `CLI_STORE_MISSING`; {ServerError} what the store says of its file.
 */
export const openStore = (
  { store, storeLockTimeoutMs }: { store: string; storeLockTimeoutMs: number },
  { mustExist }: { mustExist: boolean },
): DeviceStore => {
  const file = storeFile(store)
  // Its tables are made where they are missing; a database is not.
  if (isDatabase(store)) return openDeviceStore(store, { lockTimeoutMs: storeLockTimeoutMs })
  if (file === undefined) throw new CliError('CLI_STORE_IN_MEMORY', { where: `--store ${store}` })
  if (mustExist && !existsSync(file)) throw new CliError('CLI_STORE_MISSING', { where: file })
  return openDeviceStore(store, { lockTimeoutMs: storeLockTimeoutMs })
}

/** These devices, all or none. @throws {MistakesError} that names every one that is not there. */
export const getAll = async (store: DeviceStore, names: readonly string[]): Promise<Device[]> => {
  const found = await Promise.all(names.map(name => store.get(name)))
  const missing = names.filter((_, index) => found[index] === undefined)
  if (missing.length > 0)
    throw new MistakesError(
      missing.map(name => new CliError('CLI_DEVICE_UNKNOWN', { where: name }).message),
      EXIT.failed,
    )
  return found as Device[]
}
