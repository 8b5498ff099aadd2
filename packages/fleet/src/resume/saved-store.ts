import { databaseOf, isDatabase, openDeviceStore, ServerError } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'

/** No phone is called so: it is asked for to see whether anything may be. */
const NOBODY = 'SEP000000000000'

const PASSWORD = 'password'

/** A `--store` word as it is kept with a run: whoever has its folder does not have the password of the database. */
export const storeToKeep = (store: string): string => {
  if (!isDatabase(store)) return store
  const url = new URL(store)
  url.password = ''
  url.searchParams.delete(PASSWORD)
  return url.href
}

const hasPassword = (store: string): boolean => {
  const url = new URL(store)
  return url.password !== '' || url.searchParams.has(PASSWORD)
}

/**
 * A plan that was read from the folder of its run, with a store that lets us in.
 *
 * @param given  the database with its password; without it PGPASSWORD or a password file has it, if it needs one. For a run that has
 *   another kind of store it means nothing.
 * @throws {FleetError} `FLEET_NO_PASSWORD`; ServerError another `STORE_*` code.
 */
export const withStore = async (plan: Plan, given: string | undefined): Promise<Plan> => {
  const { store: kept } = plan.options
  if (kept === undefined || !isDatabase(kept)) return plan
  const url = given !== undefined && isDatabase(given) ? given : kept
  const found = { ...plan, options: { ...plan.options, store: url } }
  if (hasPassword(url)) return found
  await using store = openDeviceStore(url)
  try {
    await store.get(NOBODY)
  } catch (cause) {
    if (!(cause instanceof ServerError) || cause.code !== 'STORE_LOGIN_REFUSED') throw cause
    throw new FleetError('FLEET_NO_PASSWORD', databaseOf(url), { cause })
  }
  return found
}
