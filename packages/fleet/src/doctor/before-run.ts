import { parseAddress } from '@capfkit/listen'
import { isLoopback } from '../loopback.ts'
import type { FleetOptions } from '../options.ts'
import { planOf } from '../plan/from-options.ts'
import { clientProcesses, serverProcesses } from '../processes.ts'
import { parseSourceAddresses } from '../source-addresses.ts'
import type { Check } from './check.ts'
import { type CheckName, type CheckResult, DOCTOR_CHECKS, examineFor } from './examine.ts'
import { type Machine, thisMachine } from './machine.ts'
import type { Question } from './question.ts'

/** Sessions that are under way at once while a server keeps up; one that does not is what the run is there to find. */
const SESSION_SECONDS = 1

const atOnce = ({ rate, phones, concurrency, keyGenerationDelayMs }: FleetOptions): number => {
  if (rate === 0) return Math.min(concurrency, phones)
  // The times of the models are minutes: all of them wait together.
  if (keyGenerationDelayMs < 0) return phones
  return Math.min(phones, Math.ceil(rate * (SESSION_SECONDS + keyGenerationDelayMs / 1000)))
}

const questionFor = (options: FleetOptions, cores: number): Question => {
  const { server, embedded, rate, keyPool, out } = options
  const target = server === undefined ? undefined : parseAddress(server)
  const isLocal = target === undefined || isLoopback(target.host)
  // A server that is there already has processes of which nothing is known but that there is one.
  const servers = embedded ? serverProcesses(options, cores) : Number(isLocal)
  const phones = atOnce(options)
  return {
    ...{ phones, rate, target, isLocal, keyPool, out },
    clientProcesses: clientProcesses(planOf({ ...options, serverWorkers: servers }), { cores, phones: options.phones }),
    serverProcesses: servers,
    sourceAddresses: parseSourceAddresses(options.sourceAddresses),
  }
}

/**
 * What would make this run worthless and can be seen before it starts, without cost: too few files, ports or memory for it.
 *
 * @param options  checked options of a fleet.
 */
export const troubleBefore = async (options: FleetOptions, machine: Machine = thisMachine()): Promise<CheckResult[]> => {
  const names = Object.entries<Check>(DOCTOR_CHECKS).flatMap(([name, row]) => (row.beforeRun ? [name as CheckName] : []))
  const { checks } = await examineFor(questionFor(options, machine.cores), { machine, names, signal: new AbortController().signal })
  return checks.filter(({ verdict }) => verdict === 'problem')
}
