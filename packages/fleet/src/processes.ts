import type { FleetOptions } from './options.ts'
import type { Plan } from './plan/plan.ts'

/** How many processes the embedded server of a run has: half of the cores, unless it was said otherwise. */
export const serverProcesses = ({ serverWorkers }: Pick<FleetOptions, 'serverWorkers'>, cores: number): number =>
  serverWorkers || Math.max(1, Math.floor(cores / 2))

/** All cores but those of the embedded server, whose number is known by now; none would have nothing to do. */
export const clientProcesses = ({ options, phases }: Plan, { cores, phones }: { cores: number; phones: number }): number => {
  const { embedded, serverWorkers, processes } = options
  const wanted = processes || Math.max(1, embedded ? cores - serverWorkers : cores)
  const closed = phases.flatMap(({ arrivals }) => (arrivals.kind === 'concurrency' ? [arrivals.sessions] : []))
  return Math.min(wanted, phones, ...closed)
}
