import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '@capfkit/pki'
import { FleetError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { readRunFileName } from '../recording/file-names.ts'
import { findRun } from '../report/read-run.ts'
import { lockRun } from './run-lock.ts'
import { hasSavedPlan, savePlan } from './saved-plan.ts'

/** What else a run leaves in its folder, so that it can go on: without its SQLite companions. */
export const RUN_FOLDER_FILES = { devices: 'devices.db', fleet: 'fleet.db', keys: 'keys.pool' } as const

const OWN = new Set(Object.values(RUN_FOLDER_FILES).flatMap(name => [name, `${name}-wal`, `${name}-shm`]))

/** The file in which the phones of a run keep what they have. */
export const fleetFileOf = ({ fleet, out }: { fleet?: string | undefined; out?: string | undefined }): string | undefined =>
  fleet ?? (out === undefined ? undefined : join(out, RUN_FOLDER_FILES.fleet))

/** The run of this folder has operations left, as far as its files can be read. */
const isInterrupted = async (folder: string): Promise<boolean> => {
  try {
    const { footer } = (await findRun(folder)).generations.at(-1)!
    return footer === undefined || footer.stopped
  } catch {
    return false
  }
}

/** What somebody may miss is not replaced unasked. A run that ended before anything was recorded has left nothing of worth. */
const checkFree = async (folder: string, left: readonly string[]): Promise<void> => {
  const isRecorded = left.some(name => readRunFileName(name))
  if (left.length === 0 || (!isRecorded && hasSavedPlan(folder))) return
  throw new FleetError((await isInterrupted(folder)) ? 'FLEET_FOLDER_INTERRUPTED' : 'FLEET_FOLDER_TAKEN', folder)
}

type OpenInit = {
  plan: Plan
  /** Or else a run goes on in it. */
  isNew: boolean
  /** What a run of before has left may go. */
  replaces: boolean
}

/**
 * Have the folder of a run for this process alone. For a new run the plan is saved, and what one of before has left goes: its files
 * would be taken for parts of this one.
 *
 * @throws {FleetError} `FLEET_RUN_GOING`, `FLEET_RECORDING`; `FLEET_FOLDER_TAKEN` or `FLEET_FOLDER_INTERRUPTED` when there is a run
 *   that may not be replaced.
 */
export const openRunFolder = async (folder: string, { plan, isNew, replaces }: OpenInit): Promise<Disposable> => {
  let lock: Disposable | undefined
  try {
    await makeFolder(folder)
    lock = lockRun(folder)
    if (!isNew) return lock
    const kept = plan.options.fleet
    // Whoever names a file of a fleet means what is in it.
    const isKept = (name: string) => kept !== undefined && name.startsWith(RUN_FOLDER_FILES.fleet)
    const left = (await readdir(folder)).filter(name => readRunFileName(name) || (OWN.has(name) && !isKept(name)))
    if (!replaces) await checkFree(folder, left)
    for (const name of left) await rm(join(folder, name))
    await savePlan(folder, plan)
    return lock
  } catch (cause) {
    lock?.[Symbol.dispose]()
    if (cause instanceof FleetError) throw cause
    throw new FleetError('FLEET_RECORDING', folder, { cause })
  }
}
