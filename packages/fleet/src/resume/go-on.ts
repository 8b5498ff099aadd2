import type { DeviceStore } from '@capfkit/server'
import type { FleetFile } from '../fleet-file/fleet-file.ts'
import type { Identities } from '../identity.ts'
import type { Plan } from '../plan/plan.ts'
import { OPERATION_NAMES } from '../recording/run-header.ts'
import type { Recording } from '../recording/run-recording.ts'
import { notBegun } from '../report/round-sums.ts'
import { keepRecovered, recoverDone, withRecovered } from './recover-done.ts'
import type { RunStanding } from './run-standing.ts'

export type GoOnInit = {
  plan: Plan
  identities: Identities
  store: DeviceStore | undefined
  fleetFile: FleetFile | undefined
  recording: Recording | undefined
}

/**
 * Take up what had been done: what is on record, and what the server did without there being a record.
 *
 * @throws {FleetError} `FLEET_FILE`; what the store throws.
 */
export const goOn = async (
  past: RunStanding,
  { plan, identities, store, fleetFile, recording }: GoOnInit,
): Promise<Pick<RunStanding, 'standing' | 'rounds' | 'tally'>> => {
  const { phase: number, standing, rounds, tally } = past
  const recovered = store && past.ordered ? await recoverDone(store, { plan, number, identities, standing }) : []
  // On record only when the phones have it.
  if (fleetFile) await keepRecovered(fleetFile, recovered)
  for (const { index, operation } of recovered) {
    recording?.recovered({ phone: index, round: number, operation: OPERATION_NAMES.indexOf(operation) })
    tally.started++
    tally.done++
    tally.operations.set(operation, (tally.operations.get(operation) ?? 0) + 1)
  }
  const told = [...rounds]
  // A generator may be killed before it has recorded anything of a phase of which the server has done some.
  const round = rounds[number] ?? notBegun(plan.phases[number]?.name)
  if (recovered.length > 0) told[number] = { ...round, done: round.done + recovered.length }
  return { standing: withRecovered(standing, recovered), rounds: told, tally }
}
