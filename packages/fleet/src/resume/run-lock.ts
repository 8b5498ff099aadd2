import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FleetError } from '../errors.ts'

/** How long somebody may take who only looks whether it is locked. */
const LOOKING_MS = 200

const RUN_LOCK = 'run.lock'

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

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
    database = new DatabaseSync(file, { timeout: LOOKING_MS })
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    throw new FleetError('FLEET_RUN_GOING', where, { cause })
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}

/** The folder of a run. */
export const lockRun = (folder: string): Disposable => lock(join(folder, RUN_LOCK), folder)

/** A process has the folder of this run. Only looks: nothing is written, and no lock is left. */
export const isRunLocked = (folder: string): boolean => {
  const file = join(folder, RUN_LOCK)
  if (!existsSync(file)) return false
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
    database.prepare('SELECT 1 FROM sqlite_schema').all()
    return false
  } catch (error) {
    return (error as { errcode?: number }).errcode === SQLITE_BUSY
  } finally {
    database?.close()
  }
}

/** The file of a fleet: two runs would be two phones of each name. */
export const lockFleet = (file: string): Disposable => lock(`${file}-lock`, file)
