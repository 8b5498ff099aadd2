import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FleetError } from '../errors.ts'

/**
 * Have something for this process alone. The lock is one of the operating system, taken through SQLite: it is free again
 * with the end of the process, however it ended.
 *
 * @param file  an empty file, made when it is not there, that stands for it.
 * @param where  what it is, for the error.
 * @throws {FleetError} `FLEET_RUN_GOING` when another process has it.
 */
const lock = (file: string, where: string): Disposable => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    throw new FleetError('FLEET_RUN_GOING', where, { cause })
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}

/** The folder of a run. */
export const lockRun = (folder: string): Disposable => lock(join(folder, 'run.lock'), folder)

/** The file of a fleet: two runs would be two phones of each name. */
export const lockFleet = (file: string): Disposable => lock(`${file}-lock`, file)
