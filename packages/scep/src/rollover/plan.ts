import type { RolloverOptions } from './options.ts'
import type { IosConfig } from './read-config.ts'
import { type Settled, settleRollover } from './settle.ts'
import { type Simulation, simulateRollover } from './simulate.ts'
import { type RolloverWindows, windowsOf } from './windows.ts'

/** A rollover as it is configured, and as it would be with the smallest overlap that cures it. */
export type RolloverPlan = Settled & {
  readonly now: Date
  readonly windows: RolloverWindows
  readonly simulation: Simulation
  /** `undefined` where nobody asks too early, or no overlap that IOS takes cures it. */
  readonly cure: { readonly overlapDays: number; readonly simulation: Simulation } | undefined
}

/** @throws {SettlingError} every contradiction at once. */
export const planRollover = (config: IosConfig, { options, now }: { options: RolloverOptions; now: Date }): RolloverPlan => {
  const settled = settleRollover(config, { options, now })
  const { fleet } = settled
  const windows = windowsOf(fleet.timers, fleet.enrolledOnDay)
  const overlapDays = windows.refusedDays > 0 ? windows.smallestOverlapDays : undefined
  const cured = overlapDays === undefined ? undefined : { ...fleet, timers: { ...fleet.timers, overlapDays } }
  return {
    ...settled,
    ...{ now, windows, simulation: simulateRollover(fleet) },
    cure: cured && { overlapDays: overlapDays!, simulation: simulateRollover(cured) },
  }
}
