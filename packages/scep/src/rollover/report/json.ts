import type { RolloverPlan } from '../plan.ts'
import type { Simulation } from '../simulate.ts'

const VERSION = 1

const totalsOf = ({ hours: _, ...totals }: Simulation) => totals

/** A plan as one object that stays what it is while `version` does. */
export const formatRolloverJson = ({ server, trustpoint, fleet, origins, caFrom, windows, simulation, cure }: RolloverPlan) => {
  const { timers, ...clients } = fleet
  return {
    version: VERSION,
    ...{ server, trustpoint, timers, origins, clients, windows },
    ...(caFrom ? { caFrom: caFrom.toISOString() } : {}),
    simulation: { ...totalsOf(simulation), hours: simulation.hours },
    ...(cure ? { cure: { overlapDays: cure.overlapDays, ...totalsOf(cure.simulation) } } : {}),
  }
}
