import {
  DISTRIBUTION_RANGE,
  type DocumentTable,
  flag,
  many,
  named,
  optionalReading,
  optionalText,
  optionalTime,
  parseDistribution,
  requiredReading,
  section,
} from '@capfkit/codec/options'
import { AUTH_MODES, KEY_NAMES, MODEL_NAMES } from '../mix.ts'
import { FLEET_OPTIONS } from '../options.ts'
import { parseThreshold, THRESHOLD_RANGE } from '../thresholds/threshold.ts'
import { hasWeight, NO_WEIGHT, readWeights } from '../weights.ts'
import { FAULTS_ROW, GROUPS_ROW } from './disturbance-rows.ts'
import { PHASES_ROW, WEIGHT, WEIGHTS_RANGE, weighted } from './phase-rows.ts'

const distribution = (doc: string) => optionalReading({ doc, range: DISTRIBUTION_RANGE, read: parseDistribution })

const MODEL_TIMES = {
  weight: WEIGHT,
  keyGeneration: distribution('How long a key takes: a wait, not work. Without it, as keyGenerationDelayMs says.'),
  think: distribution('Between the end of one operation of a device and the start of its next in the same phase.'),
} as const

const ofWeight = (weight: number) => ({ weight, keyGeneration: undefined, think: undefined })

const weightAlone = (text: string) => {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new RangeError(`wants a weight or names with values, got ${JSON.stringify(text)}`)
  return ofWeight(Number(text))
}

const MODELS_ROW = named({
  doc: 'Phone models by weight, and what phones of a model take their time for.',
  names: MODEL_NAMES,
  short: requiredReading({
    doc: 'Weights in one line; a name alone has all.',
    range: WEIGHTS_RANGE,
    numbers: true,
    read: words => Object.fromEntries(readWeights(words, MODEL_NAMES).map(({ name, weight }) => [name, ofWeight(weight)])),
  }),
  item: section({
    doc: 'One model.',
    rows: MODEL_TIMES,
    short: requiredReading({ doc: 'Its weight alone.', range: 'NUMBER', numbers: true, read: weightAlone }),
  }),
  wrong: models => (hasWeight(Object.values(models) as { weight: number }[]) ? undefined : NO_WEIGHT),
})

/** What a run must be like. */
const THRESHOLDS_ROW = many({
  doc: 'What the figures of the run must be; a miss makes it fail.',
  most: 100,
  item: section({
    doc: 'One threshold.',
    rows: {
      that: requiredReading({ doc: 'What must hold.', range: 'METRIC[(OF)] SIGN VALUE', read: parseThreshold }),
      over: optionalTime({
        ...{ min: 1000, max: 86_400_000 },
        doc: 'In every window of this length within a phase; without it, over the whole run.',
      }),
      abort: flag({ default: false, doc: 'A miss stops the run.' }),
      after: optionalTime({ min: 0, max: 86_400_000, doc: 'The run is not stopped before so much of it is over.' }),
    },
    rules: [
      {
        of: ['after', 'abort'],
        wrong: ({ abort }, given) => (given.has('after') && abort !== true ? 'has after, which belongs to abort: true' : undefined),
      },
      { of: ['over'], wrong: ({ over }) => (Number(over ?? 0) % 1000 === 0 ? undefined : 'wants whole seconds in over') },
    ],
    short: requiredReading({
      doc: 'In one line.',
      range: THRESHOLD_RANGE,
      read: text => {
        const that = parseThreshold(text)
        return { that, over: undefined, abort: false, after: undefined }
      },
    }),
  }),
})

/** Options that a plan says in its own way. */
const { auth: _auth, key: _key, models: _models, threshold: _threshold, fault: _fault, network: _network, ...SAME } = FLEET_OPTIONS

/** What only a plan can say, or says better. */
export const PLAN_SECTIONS = {
  title: optionalText({
    pattern: /^.{1,200}$/,
    range: 'text of up to 200 letters',
    doc: 'What the run is for; shown with its results.',
  }),
  phases: PHASES_ROW,
  thresholds: THRESHOLDS_ROW,
  groups: GROUPS_ROW,
  faults: FAULTS_ROW,
  auth: weighted({ names: AUTH_MODES, doc: FLEET_OPTIONS.auth.doc }),
  key: weighted({ names: KEY_NAMES, doc: FLEET_OPTIONS.key.doc }),
  models: MODELS_ROW,
} as const satisfies DocumentTable

/** Options with which phases cannot go together: they make phases of their own. */
export const OPTIONS_AS_PHASES = ['rounds', 'rate', 'concurrency'] as const

/** A plan file: the sections that only a plan has, and every option of `capf fleet run` by its name in option files. */
export const PLAN = section({
  doc: 'A run of capf fleet run: who comes, when, and what is to come of it.',
  rows: { ...PLAN_SECTIONS, ...SAME },
  rules: [
    {
      of: [...OPTIONS_AS_PHASES, 'phases'],
      wrong: (_, given) => {
        const stated = OPTIONS_AS_PHASES.filter(name => given.has(name))
        return given.has('phases') && stated.length > 0 ? `${stated.join(' and ')} and phases exclude each other` : undefined
      },
    },
  ],
})
