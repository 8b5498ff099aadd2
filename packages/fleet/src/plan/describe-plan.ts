import { formatTime } from '@capfkit/codec/options'
import { withPhonesFile } from '../data/phones-file.ts'
import { identitiesOf } from '../identity.ts'
import type { FleetOptions } from '../options.ts'
import { formatWeights } from '../weights.ts'
import { planOf } from './from-options.ts'
import type { Arrivals, PlanPhase } from './plan.ts'
import type { ReadPlan } from './read-plan.ts'
import { countStarts, participantsOf, phaseMs } from './sequence.ts'

/** What a phase of a plan comes to. */
export type PhaseDescription = {
  name: string
  operations: string
  /** Phones that take part. */
  participants: number
  /** `rate 50/s to 100/s, poisson` */
  arrivals: string
  /** How many sessions it has; `undefined` where that depends on the server. */
  sessions: number | undefined
  /** How long it lasts at most; `undefined` until all had their turn. */
  forMs: number | undefined
}

export type PlanDescription = {
  version: 1
  title: string | undefined
  seed: number
  phones: number
  phases: PhaseDescription[]
  thresholds: string[]
}

const ARRIVALS: { readonly [K in Arrivals['kind']]: (arrivals: Arrivals & { kind: K }) => string } = {
  concurrency: ({ sessions }) => `${sessions} at once`,
  rate: ({ fromPerSecond: from, toPerSecond: to, spacing }) =>
    `${from}/s${from === to ? '' : ` to ${to}/s`}${spacing === 'even' ? '' : `, ${spacing}`}`,
  burst: ({ withinMs }) => (withinMs === 0 ? 'all at the same moment' : `all within ${formatTime(withinMs)}`),
}

const operationsText = ({ operations, words = operations }: PlanPhase): string =>
  words.length === 1 ? words[0]!.name : formatWeights(words)

/** What a plan will do, without doing it. @throws {OptionError} */
export const describePlan = async (read: Omit<ReadPlan, 'options'> & { options: FleetOptions }): Promise<PlanDescription> => {
  await using stack = new AsyncDisposableStack()
  const { title } = read
  const options = await withPhonesFile(read.options, stack)
  const plan = { ...planOf(options), ...read.plan, options }
  const identities = identitiesOf(options)
  return {
    version: 1,
    title,
    seed: options.seed,
    phones: identities.count,
    phases: plan.phases.map((phase, number) => ({
      name: phase.name,
      operations: operationsText(phase),
      participants: participantsOf({ plan, number, identities }).length,
      arrivals: ARRIVALS[phase.arrivals.kind](phase.arrivals as never),
      sessions: countStarts({ plan, number, identities }),
      forMs: phaseMs(phase),
    })),
    thresholds: [...options.threshold],
  }
}
