import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '@capfkit/pki'
import { FleetError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { readRunFileName } from '../recording/file-names.ts'
import { lockRun } from './run-lock.ts'
import { savePlan } from './saved-plan.ts'

/** What else a run leaves in its folder, so that it can go on: without its SQLite companions. */
export const RUN_FOLDER_FILES = { devices: 'devices.db', fleet: 'fleet.db', keys: 'keys.pool' } as const

const OWN = new Set(Object.values(RUN_FOLDER_FILES).flatMap(name => [name, `${name}-wal`, `${name}-shm`]))

/** The file in which the phones of a run keep what they have. */
export const fleetFileOf = ({ fleet, out }: { fleet?: string | undefined; out?: string | undefined }): string | undefined =>
  fleet ?? (out === undefined ? undefined : join(out, RUN_FOLDER_FILES.fleet))

/**
 * Have the folder of a run for this process alone. For a new run, what one of before has left goes, as its files would be taken for
 * parts of this one; and the plan is saved.
 *
 * @param init.isNew  or else a run goes on in it.
 * @throws {FleetError} `FLEET_RUN_GOING`, `FLEET_RECORDING`.
 */
export const openRunFolder = async (folder: string, { plan, isNew }: { plan: Plan; isNew: boolean }): Promise<Disposable> => {
  let lock: Disposable | undefined
  try {
    await makeFolder(folder)
    lock = lockRun(folder)
    if (!isNew) return lock
    const kept = plan.options.fleet
    for (const name of await readdir(folder)) {
      const file = join(folder, name)
      // Whoever names a file of a fleet means what is in it.
      const isKept = kept !== undefined && name.startsWith(RUN_FOLDER_FILES.fleet)
      if (readRunFileName(name) || (OWN.has(name) && !isKept)) await rm(file)
    }
    await savePlan(folder, plan)
    return lock
  } catch (cause) {
    lock?.[Symbol.dispose]()
    if (cause instanceof FleetError) throw cause
    throw new FleetError('FLEET_RECORDING', folder, { cause })
  }
}
