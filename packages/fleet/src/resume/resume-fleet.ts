import { FleetError } from '../errors.ts'
import { identitiesOf } from '../identity.ts'
import { remainderOf } from '../plan/remainder.ts'
import { type RunFleetInit, runFleet } from '../run-fleet.ts'
import type { FleetSummary } from '../summary.ts'
import { readStanding } from './run-standing.ts'
import { readSavedPlan } from './saved-plan.ts'
import { withStore } from './saved-store.ts'

export type ResumeFleetInit = Pick<RunFleetInit, 'control' | 'signal' | 'onProgress' | 'onEnded'> & {
  /** Where the run was recorded. */
  folder: string
  /** Its database with the password, which is not kept there. */
  store?: string | undefined
}

/**
 * Go on with a recorded run that was stopped or killed: no device is done twice, and none is left out.
 *
 * What ended is on record. Of what was under way when a generator was killed, the device store of the server says whether it is done:
 * an order that is no longer pending was carried out. Without a store it is done again, and the server knows.
 *
 * @returns the summary of the whole run, that of before included.
 * @throws {RunError} when its files cannot be read; {FleetError} `FLEET_NO_PLAN`, `FLEET_NO_PASSWORD`, `FLEET_NOTHING_LEFT`, `FLEET_RUN_GOING`, and
 *   what
 *   `runFleet` throws.
 */
export const resumeFleet = async ({ folder, store, ...init }: ResumeFleetInit): Promise<FleetSummary> => {
  const { options, ...plan } = await withStore(readSavedPlan(folder), store)
  const standing = await readStanding(folder)
  const { phase: number } = standing
  const { starts, untilMs = Number.POSITIVE_INFINITY } = remainderOf(
    { plan: { options, ...plan }, number, identities: identitiesOf(options) },
    standing.standing,
  )
  const isOver = untilMs <= 0 || starts[Symbol.iterator]().next().done === true
  if (isOver && number === plan.phases.length - 1) throw new FleetError('FLEET_NOTHING_LEFT', folder)
  return runFleet({ ...init, options, plan, standing })
}
