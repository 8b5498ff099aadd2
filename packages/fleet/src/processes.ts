import type { FleetOptions } from './options.ts'

/** How many processes the embedded server of a run has: half of the cores, unless it was said otherwise. */
export const serverProcesses = ({ serverWorkers }: Pick<FleetOptions, 'serverWorkers'>, cores: number): number =>
  serverWorkers || Math.max(1, Math.floor(cores / 2))

/** All cores but those of the embedded server, whose number is known by now; none would have nothing to do. */
export const clientProcesses = (
  { embedded, serverWorkers, processes, rate, concurrency }: FleetOptions,
  { cores, phones }: { cores: number; phones: number },
): number => {
  const wanted = processes || Math.max(1, embedded ? cores - serverWorkers : cores)
  return Math.min(wanted, phones, rate === 0 ? concurrency : wanted)
}
