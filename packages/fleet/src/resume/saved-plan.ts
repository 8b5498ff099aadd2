import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import { writePrivateFile } from '@capfkit/pki'
import { formatCsvPhones, readCsvPhones } from '../csv-phones.ts'
import { FleetError } from '../errors.ts'
import { FLEET_OPTIONS, type FleetOptions } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import { storeToKeep } from './saved-store.ts'

const PLAN_FILE = 'plan.json'
const PHONES_FILE = 'phones.csv'
const FORMAT = 'capfkit-plan-of-a-run'
const VERSION = 1

/** Options that name files: a run may be resumed from another folder than it was started in. */
const FILES = ['capfCertificate', 'micCa', 'keyPool', 'fleet', 'out'] as const satisfies readonly (keyof FleetOptions)[]

const SQLITE = 'sqlite:'

const absolute = (options: FleetOptions): FleetOptions => {
  const files = FILES.flatMap(name => (options[name] === undefined ? [] : [[name, resolve(options[name])] as const]))
  const { store } = options
  const url = store?.startsWith(SQLITE) ? `${SQLITE}${resolve(store.slice(SQLITE.length))}` : store && storeToKeep(store)
  return { ...options, ...Object.fromEntries(files), store: url }
}

/** The phones of a CSV as they are now: the file may change, or be read from another folder. */
const phonesText = (csv: string): string =>
  formatCsvPhones(
    readCsvPhones(csv).map(({ micFile, lscFile, ...phone }) => ({
      ...phone,
      ...(micFile === undefined ? {} : { micFile: resolve(micFile) }),
      ...(lscFile === undefined ? {} : { lscFile: resolve(lscFile) }),
    })),
  )

/**
 * Leave in the folder of a run what the run is, so that it can go on or be repeated (mode 0600: phones may have authentication
 * strings). The password of a database is left out.
 *
 * @throws {FleetError} `FLEET_RECORDING`.
 */
export const savePlan = async (folder: string, plan: Plan): Promise<void> => {
  try {
    const options = absolute(plan.options)
    const { csv } = options
    if (csv !== undefined) await writePrivateFile({ file: join(folder, PHONES_FILE), data: phonesText(csv) })
    const saved = { format: FORMAT, version: VERSION, ...plan, options }
    await writePrivateFile({ file: join(folder, PLAN_FILE), data: `${JSON.stringify(saved, undefined, 2)}\n` })
  } catch (cause) {
    throw new FleetError('FLEET_RECORDING', folder, { cause })
  }
}

/** A run was begun in this folder. */
export const hasSavedPlan = (folder: string): boolean => existsSync(join(folder, PLAN_FILE))

/**
 * The plan of the run in this folder. The folder may have been moved: files in it are looked for where it is now.
 *
 * @throws {FleetError} `FLEET_NO_PLAN`.
 */
export const readSavedPlan = (folder: string): Plan => {
  const where = join(folder, PLAN_FILE)
  try {
    const { format, version, options, ...plan } = JSON.parse(readFileSync(where, 'utf8'))
    if (format !== FORMAT) throw new Error('it is something else')
    if (version > VERSION) throw new Error('a newer version of this program has written it')
    if (!Array.isArray(plan.phases) || plan.phases.length === 0) throw new Error('it has no phases')
    const moved = { ...options, out: resolve(folder), ...(options.csv === undefined ? {} : { csv: resolve(folder, PHONES_FILE) }) }
    return { ...plan, options: parseOptions(FLEET_OPTIONS, moved) }
  } catch (cause) {
    throw new FleetError('FLEET_NO_PLAN', where, { cause })
  }
}
