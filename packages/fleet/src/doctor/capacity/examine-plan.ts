import { isDatabase } from '@capfkit/server'
import { checkFleetOptions } from '../../check-options.ts'
import { describePlan } from '../../plan/describe-plan.ts'
import { expectedLoad, expectedSessionMs } from '../../plan/expected-load.ts'
import { planOf } from '../../plan/from-options.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ReadPlan } from '../../plan/read-plan.ts'
import { questionFor } from '../before-run.ts'
import { type Examination, examineFor } from '../examine.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { type Load, type NeedResult, needsOf } from './needs.ts'

/** What a plan asks for, what it needs by the measured figures, and what of it this machine has not. */
export type PlanExamination = Examination & { load: Load; needs: NeedResult[] }

/** Phases come one after the other; who is in a closed model starts again when a session has ended. */
const leastMs = (plan: Plan, sessions: readonly (number | undefined)[]): number | undefined => {
  const eachMs = expectedSessionMs(plan)
  const phases = plan.phases.map(({ arrivals, afterMs }, index) => {
    const starts = sessions[index] ?? 0
    if (arrivals.kind === 'burst') return afterMs + arrivals.withinMs + eachMs
    if (arrivals.forMs !== undefined) return afterMs + arrivals.forMs + eachMs
    if (arrivals.kind === 'concurrency') return afterMs + Math.ceil(starts / arrivals.sessions) * eachMs
    return afterMs + (2000 * starts) / (arrivals.fromPerSecond + arrivals.toPerSecond) + eachMs
  })
  const sumMs = phases.reduce((sum, ms) => sum + ms, 0)
  return Number.isFinite(sumMs) ? sumMs : undefined
}

/** In a closed model the next session starts when one has ended: so many a second while the server keeps up. */
const closedRate = (plan: Plan): number => {
  const perSecond = 1000 / expectedSessionMs(plan)
  return Math.max(0, ...plan.phases.map(({ arrivals }) => (arrivals.kind === 'concurrency' ? arrivals.sessions * perSecond : 0)))
}

/**
 * Look what a plan needs, before it runs, and whether this machine can carry it. Nothing is changed.
 *
 * @throws {OptionError} that lists every mistake in the options; the reason of the signal when it aborts.
 */
export const examinePlan = async (init: { plan: ReadPlan; machine?: Machine; signal?: AbortSignal }): Promise<PlanExamination> => {
  const { plan: read, machine = thisMachine(), signal = new AbortController().signal } = init
  const options = checkFleetOptions(read.options)
  const plan: Plan = { ...planOf(options), ...read.plan, options }
  const { phones, phases } = await describePlan({ ...read, options })
  const counted = phases.map(({ sessions }) => sessions)
  const { atOnce, perSecond } = expectedLoad(plan, phones)
  const load: Load = {
    perSecond: Math.max(perSecond, closedRate(plan)),
    atOnce,
    sessions: counted.includes(undefined) ? undefined : counted.reduce<number>((sum, sessions) => sum + (sessions ?? 0), 0),
    phones,
    leastMs: leastMs(plan, counted),
    isDatabase: options.store !== undefined && isDatabase(options.store),
    orders: options.embedded || options.store !== undefined,
  }
  const examination = await examineFor(questionFor({ ...plan, options: { ...options, phones } }, machine.cores), {
    machine,
    signal,
  })
  return { ...examination, load, needs: needsOf(load) }
}
