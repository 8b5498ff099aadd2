import {
  many,
  named,
  number,
  oneOf,
  optionalInt,
  optionalRate,
  optionalText,
  optionalTime,
  percent,
  requiredReading,
  type SectionRule,
  section,
  time,
} from '@capfkit/codec/options'
import { FLEET_OPTIONS } from '../options.ts'
import { OPERATION_WORDS } from '../rounds.ts'
import { hasWeight, NO_WEIGHT, readWeights } from '../weights.ts'

const DAY_MS = 86_400_000
/** The longest that a run may take, ms: a month. */
const LONGEST_MS = 31 * DAY_MS

/** The share of one name among others. */
export const WEIGHT = number({ default: 1, min: 0, max: 1_000_000, doc: 'How many of all, in proportion to the other weights.' })
export const WEIGHTS_RANGE = 'NAME=WEIGHT,…'

/** Names with weights: `install`, `install=9,delete=1`, or a mapping. */
export const weighted = <const N extends string>({ doc, names }: { doc: string; names: readonly N[] }) =>
  named({
    doc,
    names,
    item: WEIGHT,
    short: requiredReading({
      doc: 'In one line; a name alone has all.',
      range: WEIGHTS_RANGE,
      read: words => Object.fromEntries(readWeights(words, names).map(({ name, weight }) => [name, weight])),
    }),
    wrong: weights => (hasWeight(Object.values(weights).map(weight => ({ weight: Number(weight) }))) ? undefined : NO_WEIGHT),
  })

/** The three ways in which sessions start; each excludes the others. */
const MODELS = ['concurrency', 'rate', 'burst'] as const

const oneModel: SectionRule = {
  of: MODELS,
  wrong: (_, given) => {
    const stated = MODELS.filter(name => given.has(name))
    if (stated.length === 1) return undefined
    const got = stated.length === 0 ? 'none of them' : stated.join(' and ')
    return `wants one of ${MODELS.join(', ')}, got ${got}`
  },
}

const needsRate =
  (name: 'to' | 'spacing'): SectionRule['wrong'] =>
  (_, given) =>
    given.has(name) && !given.has('rate') ? `has ${name}, which belongs to a rate` : undefined

const ARRIVALS_RULES: readonly SectionRule[] = [
  oneModel,
  { of: ['to', 'rate'], wrong: needsRate('to') },
  { of: ['spacing', 'rate'], wrong: needsRate('spacing') },
  {
    of: ['rate', 'to'],
    wrong: ({ rate, to }) => (rate === 0 && (to === undefined || to === 0) ? 'has a rate of 0 all the time' : undefined),
  },
  {
    of: ['for', 'burst'],
    wrong: (_, given) =>
      given.has('for') && given.has('burst') ? 'has for, which a burst cannot have: its time is the burst' : undefined,
  },
]

const RATE = { min: 0, max: 1_000_000 }

const ARRIVALS = section({
  doc: `When sessions start. Without it, ${FLEET_OPTIONS.concurrency.default} at once.`,
  optional: true,
  rows: {
    concurrency: optionalInt({
      ...{ min: 1, max: 1_000_000, unit: 'sessions' },
      doc: 'Closed model: so many at once; the next starts when one has ended.',
    }),
    rate: optionalRate({ ...RATE, doc: 'Open model: starts come at this rate, by a schedule that does not wait for the server.' }),
    to: optionalRate({ ...RATE, doc: 'The rate changes evenly to this one until the end of the phase.' }),
    burst: optionalTime({
      min: 0,
      max: LONGEST_MS,
      doc: 'All phones of the phase within this time, evenly; 0s: at the same moment.',
    }),
    for: optionalTime({ min: 1, max: LONGEST_MS, doc: 'How long the phase lasts. Without it, until every device had its turn.' }),
    spacing: oneOf({
      default: 'even',
      values: ['even', 'poisson'],
      doc: 'Starts at even distances, or as independent phones would come (a Poisson process, from the seed).',
    }),
  },
  rules: ARRIVALS_RULES,
})

type ArrivalsValues = Readonly<Partial<Record<keyof typeof ARRIVALS.rows, unknown>>>

const comesAgainWithoutEnd: SectionRule = {
  of: ['devices', 'arrivals'],
  wrong: ({ devices, arrivals }) => {
    if (devices !== 'again') return undefined
    const { burst, for: forMs } = (arrivals ?? {}) as ArrivalsValues
    if (burst !== undefined) return 'has devices that come again, but a burst has each of them once'
    return forMs === undefined ? 'has devices that come again, and arrivals without an end: give arrivals.for' : undefined
  },
}

/** One phase of a plan; the values become a {@link PlanPhase}. */
export const PHASE = section({
  doc: 'One part of a run: who does what, and when.',
  rows: {
    name: optionalText({
      pattern: /^.{1,80}$/,
      range: 'text of up to 80 letters',
      doc: 'What it is called in reports, another name for each; what is done without it.',
    }),
    operations: weighted({
      names: OPERATION_WORDS,
      doc: 'What the phones do, by weight: install (or upgrade), delete, troubleshoot.',
    }),
    share: percent({ written: '100%', min: 0.000_001, max: 1, doc: 'Share of the phones that takes part, drawn from the seed.' }),
    phones: optionalText({
      pattern: /^[\w.*?-]{1,64}$/,
      range: 'a device name with * and ?',
      doc: 'Only devices of such names, such as SEP02*.',
    }),
    devices: oneOf({
      default: 'once',
      values: ['once', 'again'],
      doc: 'Each device exactly once, or from the first again until the time is over.',
    }),
    order: oneOf({
      default: 'sequential',
      values: ['sequential', 'random'],
      doc: 'In the order of the fleet, or shuffled by the seed.',
    }),
    arrivals: ARRIVALS,
    maxInFlight: optionalInt({
      ...{ min: 1, max: 1_000_000, unit: 'sessions' },
      doc: 'A start that would make more sessions than this is skipped, and counted.',
    }),
    after: time({ written: '0s', min: 0, max: LONGEST_MS, doc: 'Nothing happens for this long before the phase.' }),
  },
  rules: [comesAgainWithoutEnd],
})

/** The phases of a run, one after the other. */
export const PHASES_ROW = many({
  doc: 'The phases, one after the other. Without them rounds, rate and concurrency say what happens.',
  item: PHASE,
  unique: 'name',
  most: 100,
})
