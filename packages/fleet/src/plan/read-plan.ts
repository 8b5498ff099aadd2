import { DocumentError, type DocumentProblem, examineDocument, OptionError, type ValueOf } from '@capfkit/codec/options'
import { readYaml } from '@capfkit/codec/yaml'
import type { ModelName } from '@capfkit/phone'
import { checkFleetOptions, EXCLUSIVE } from '../check-options.ts'
import { type FLEET_OPTIONS, type FleetOptions, FLEET_OPTIONS as OPTIONS } from '../options.ts'
import { OPERATIONS_BY_WORD, type OperationWord } from '../rounds.ts'
import { formatThreshold } from '../thresholds/threshold.ts'
import { formatWeights, type Weights } from '../weights.ts'
import { faultText, networkText } from './disturbance-rows.ts'
import type { PHASE } from './phase-rows.ts'
import type { Arrivals, ModelTimes, Plan, PlannedOperation, PlanPhase } from './plan.ts'
import { OPTIONS_AS_PHASES, PLAN } from './plan-rows.ts'

type PlanValues = ValueOf<typeof PLAN>
type PhaseValues = ValueOf<typeof PHASE>

/** A plan file as `runFleet` takes it. Without `phases` the options make them. */
export type ReadPlan = {
  readonly title: string | undefined
  /** What the plan says, with what goes before it. */
  readonly options: Partial<FleetOptions>
  readonly plan: Pick<Plan, 'models'> & Partial<Pick<Plan, 'phases'>>
}

const DEFAULT_ARRIVALS: Arrivals = { kind: 'concurrency', sessions: OPTIONS.concurrency.default ?? 1 }

const arrivalsOf = (arrivals: PhaseValues['arrivals']): Arrivals => {
  if (!arrivals) return DEFAULT_ARRIVALS
  const { concurrency, rate, to, burst, for: forMs, spacing } = arrivals
  if (burst !== undefined) return { kind: 'burst', withinMs: burst }
  if (rate !== undefined) return { kind: 'rate', fromPerSecond: rate, toPerSecond: to ?? rate, forMs, spacing }
  return { kind: 'concurrency', sessions: concurrency ?? 1, forMs }
}

const weightsOf = <T extends string>(weights: Readonly<Partial<Record<T, number>>>): Weights<T> =>
  Object.entries<number | undefined>(weights).map(([name, weight = 0]) => ({ name: name as T, weight }))

const INSTALL: Weights<OperationWord> = [{ name: 'install', weight: 1 }]

/** Two words may stand for one operation. */
const operationsOf = (words: Weights<OperationWord>): Weights<PlannedOperation> => {
  const weights = new Map<PlannedOperation, number>()
  for (const { name, weight } of words) {
    const operation = OPERATIONS_BY_WORD[name]
    weights.set(operation, (weights.get(operation) ?? 0) + weight)
  }
  return [...weights].map(([name, weight]) => ({ name, weight }))
}

const phaseOf = ({ name, operations, share, phones, devices, order, arrivals, maxInFlight, after }: PhaseValues): PlanPhase => {
  const stated = weightsOf(operations)
  const words = stated.length > 0 ? stated : INSTALL
  return {
    name: name ?? words.map(({ name }) => name).join(', '),
    operations: operationsOf(words),
    words,
    ...{ share, phones, devices, order, maxInFlight },
    arrivals: arrivalsOf(arrivals),
    afterMs: after,
  }
}

const timesOf = (models: PlanValues['models']): Partial<Record<ModelName, ModelTimes>> =>
  Object.fromEntries(
    Object.entries(models).flatMap(([name, times]) => {
      const { keyGeneration, think } = times ?? {}
      return keyGeneration || think ? [[name, { keyGeneration, think }]] : []
    }),
  )

const isOption = (name: string): name is keyof typeof FLEET_OPTIONS => Object.hasOwn(OPTIONS, name)

/** The options that a plan states, in the words of option files; defaults are left to the table. */
const optionsOf = (values: Partial<PlanValues>, given: ReadonlySet<string>): Partial<FleetOptions> => {
  const { auth, key, models, thresholds, groups, faults } = values
  const same = Object.entries(values).filter(([name]) => isOption(name) && given.has(name))
  const inWords = {
    ...(given.has('auth') && auth ? { auth: formatWeights(weightsOf(auth)) } : {}),
    ...(given.has('key') && key ? { key: formatWeights(weightsOf(key)) } : {}),
    ...(given.has('models') && models
      ? { models: formatWeights(Object.entries(models).map(([name, row]) => ({ name, weight: row?.weight ?? 1 }))) }
      : {}),
    ...(given.has('thresholds') && thresholds
      ? {
          threshold: thresholds.map(({ that, over, abort, after }) =>
            formatThreshold({
              ...that,
              overMs: over ?? that.overMs,
              abortAfterMs: abort ? (after ?? 0) : that.abortAfterMs,
            }),
          ),
        }
      : {}),
  }
  const disturbed = {
    ...(given.has('groups') && groups ? { network: groups.map(networkText) } : {}),
    ...(given.has('faults') && faults ? { fault: faults.map(faultText) } : {}),
  }
  return { ...Object.fromEntries(same), ...inWords, ...disturbed }
}

/** What goes before a plan takes the place of what excludes it there. */
const withFirst = (planned: Partial<FleetOptions>, first: Partial<FleetOptions>): Partial<FleetOptions> => {
  const left = { ...planned }
  for (const [one, other] of EXCLUSIVE) {
    if (first[one] !== undefined && first[one] !== false) delete left[other]
    if (first[other] !== undefined && first[other] !== false) delete left[one]
  }
  return { ...left, ...first }
}

/** What a check says of options, at the place where the plan says them. */
const placed = (error: unknown, places: ReadonlyMap<string, { line: number; column: number }>): DocumentProblem[] => {
  if (!(error instanceof OptionError)) throw error
  return error.problems.map(({ code, name, sentence }) => {
    const { line, column } = places.get(name) ?? { line: 1, column: 1 }
    return { code, path: name, line, column, sentence }
  })
}

/**
 * Read a plan file, YAML or JSON.
 *
 * @param init.first  options that go before those of the plan: flags beside it.
 * @throws {DocumentError} every mistake at once, each with its line and column, in the order of the file.
 */
export const readPlan = (text: string, { first = {} }: { first?: Partial<FleetOptions> } = {}): ReadPlan => {
  const { values, problems, places } = examineDocument(PLAN, readYaml(text))
  const all = [...problems]
  const options = withFirst(optionsOf(values, new Set(places.keys())), first)
  const phases = values.phases?.length ? values.phases.map(phaseOf) : undefined
  const stated = OPTIONS_AS_PHASES.filter(name => first[name] !== undefined)
  if (phases && stated.length > 0) {
    const sentence = `phases say when sessions start: leave ${stated.join(' and ')} out, or the phases`
    all.push({ code: 'CONFIG_CONTRADICTION', path: 'phases', sentence, ...(places.get('phases') ?? { line: 1, column: 1 }) })
  }
  try {
    checkFleetOptions(options)
  } catch (error) {
    all.push(...placed(error, places))
  }
  if (all.length > 0) throw new DocumentError(all)
  return { title: values.title, options, plan: { models: timesOf(values.models ?? {}), ...(phases ? { phases } : {}) } }
}
