import { parseAddress } from '@capfkit/listen'
import { checkFleetOptions } from '../check-options.ts'
import { isLoopback } from '../loopback.ts'
import { expectedLoad } from '../plan/expected-load.ts'
import { planOf } from '../plan/from-options.ts'
import type { Plan } from '../plan/plan.ts'
import { clientProcesses, serverProcesses } from '../processes.ts'
import { parseSourceAddresses } from '../source-addresses.ts'
import type { Check } from './check.ts'
import { type CheckName, type CheckResult, DOCTOR_CHECKS, examineFor } from './examine.ts'
import { type Machine, thisMachine } from './machine.ts'
import type { Question } from './question.ts'

/** A plan at its fullest, in the terms that the checks judge by. */
export const questionFor = (plan: Plan, cores: number): Question => {
  const { options } = plan
  const { server, embedded, keyPool, out } = options
  const target = server === undefined ? undefined : parseAddress(server)
  const isLocal = target === undefined || isLoopback(target.host)
  // A server that is there already has processes of which nothing is known but that there is one.
  const servers = embedded ? serverProcesses(options, cores) : Number(isLocal)
  const { atOnce, perSecond } = expectedLoad(plan, options.phones)
  return {
    ...{ phones: atOnce, rate: perSecond, target, isLocal, keyPool, out },
    clientProcesses: clientProcesses(
      { ...plan, options: { ...options, serverWorkers: servers } },
      { cores, phones: options.phones },
    ),
    serverProcesses: servers,
    sourceAddresses: parseSourceAddresses(options.sourceAddresses),
  }
}

/** Options, and what only a plan says. */
type Asked = Pick<Plan, 'options'> & Partial<Plan>

/**
 * What would make this run worthless and can be seen before it starts, without cost: too few files, ports or memory for it.
 *
 * @param asked  without phases the options make them.
 * @throws {OptionError} that lists every mistake in the options.
 */
export const troubleBefore = async (asked: Asked, machine: Machine = thisMachine()): Promise<CheckResult[]> => {
  const options = checkFleetOptions(asked.options)
  const plan = { ...planOf(options), ...asked, options }
  const names = Object.entries<Check>(DOCTOR_CHECKS).flatMap(([name, row]) => (row.beforeRun ? [name as CheckName] : []))
  const { checks } = await examineFor(questionFor(plan, machine.cores), { machine, names, signal: new AbortController().signal })
  return checks.filter(({ verdict }) => verdict === 'problem')
}
