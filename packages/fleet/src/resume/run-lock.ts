import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FleetError } from '../errors.ts'

/**
 * Have the folder of a run for this process alone. The lock is one of the operating system, taken through SQLite: it is free again
 * with the end of the process, however it ended.
 *
 * @throws {FleetError} `FLEET_RUN_GOING` when another process has it.
 */
export const lockRun = (folder: string): Disposable => {
  const file = join(folder, 'run.lock')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    throw new FleetError('FLEET_RUN_GOING', folder, { cause })
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}
