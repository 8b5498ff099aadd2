import { formatTime, nearest, parseTime } from '@capfkit/codec/options'
import { metricRow, SELECTORS, type Stretch, THRESHOLD_METRICS, type ThresholdMetric, UNITS } from './metrics.ts'

/** How the two sides of a threshold are compared. */
export const COMPARISONS = {
  '<': (got: number, wanted: number) => got < wanted,
  '<=': (got: number, wanted: number) => got <= wanted,
  '>': (got: number, wanted: number) => got > wanted,
  '>=': (got: number, wanted: number) => got >= wanted,
} as const

export type ComparisonSign = keyof typeof COMPARISONS

/** What the figures of a run must be. Times in ms, shares in 0..1. */
export type Threshold = {
  readonly metric: ThresholdMetric
  /** A side, phase or reason of failures; `scheduled`, `actual` or a phase for latencies. */
  readonly of: string | undefined
  readonly sign: ComparisonSign
  readonly value: number
  /** In every window of this length; without it over the whole run. */
  readonly overMs: number | undefined
  /** A miss stops the run, though not before so much of it is over. */
  readonly abortAfterMs: number | undefined
}

/** How a threshold is written. */
export const THRESHOLD_RANGE = 'METRIC[(OF)] SIGN VALUE [over TIME] [abort [after TIME]]'
const SHAPE =
  /^\s*([\w.]+)\s*(?:\(\s*(\w+)\s*\))?\s*(<=|>=|<|>)\s*([\d.]+\s*[%\w/]*?)(?:\s+over\s+(\S+))?(?:\s+(abort)(?:\s+after\s+(\S+))?)?\s*$/

const WINDOW = { minMs: 1000, maxMs: 86_400_000 }

const metricOf = (word: string): ThresholdMetric => {
  const name = word === 'p99.9' ? 'p999' : word
  if (Object.hasOwn(THRESHOLD_METRICS, name)) return name as ThresholdMetric
  const near = nearest(name, Object.keys(THRESHOLD_METRICS))
  const known = near ? `did you mean ${near}?` : `known are ${Object.keys(THRESHOLD_METRICS).join(', ')}`
  throw new RangeError(`has no metric ${word}; ${known}`)
}

const selected = (metric: ThresholdMetric, of: string | undefined): string | undefined => {
  const { selector } = metricRow(metric)
  if (of === undefined) return undefined
  if (!selector) throw new RangeError(`has ${metric}(${of}), but ${metric} is not divided`)
  const { has, names, range } = SELECTORS[selector]
  if (has(of)) return of
  const near = nearest(of, names)
  throw new RangeError(`has ${metric}(${of}); ${near ? `did you mean ${near}?` : `${metric} wants ${range}`}`)
}

const windowOf = (text: string | undefined): number | undefined => {
  const ms = text === undefined ? undefined : parseTime(text)
  // Counts come once a second.
  if (ms !== undefined && (ms < WINDOW.minMs || ms > WINDOW.maxMs || ms % 1000 !== 0))
    throw new RangeError(`wants whole seconds up to a day after over, got ${text}`)
  return ms
}

/** Read `p99(tls) < 500ms over 10s abort after 30s`. @throws {RangeError} that says what is wrong with it. */
export const parseThreshold = (text: string): Threshold => {
  const [, word = '', of, sign, wanted = '', over, abort, after] = SHAPE.exec(text) ?? []
  if (sign === undefined) throw new RangeError(`wants ${THRESHOLD_RANGE}, got ${JSON.stringify(text)}`)
  const metric = metricOf(word)
  return {
    metric,
    of: selected(metric, of),
    sign: sign as ComparisonSign,
    value: UNITS[metricRow(metric).unit].parse(wanted),
    overMs: windowOf(over),
    abortAfterMs: abort === undefined ? undefined : after === undefined ? 0 : parseTime(after),
  }
}

/** What it is about: `p99(tls) over 10s`. */
export const thresholdName = ({ metric, of, overMs }: Threshold): string =>
  `${metric}${of === undefined ? '' : `(${of})`}${overMs === undefined ? '' : ` over ${formatTime(overMs)}`}`

/** Whether a threshold of this name is about the share of all failures, and so says how many there may be. */
export const isAboutAllFailures = (name: string): boolean => /^failed( over .*)?$/.test(name)

export const formatValue = (metric: ThresholdMetric, value: number): string => UNITS[metricRow(metric).unit].format(value)

/** What it wants: `< 500ms`. */
export const wantedOf = ({ metric, sign, value }: Threshold): string => `${sign} ${formatValue(metric, value)}`

/** As {@link parseThreshold} reads it. */
export const formatThreshold = (threshold: Threshold): string => {
  const { metric, of, overMs, abortAfterMs } = threshold
  const name = thresholdName({ ...threshold, metric, of, overMs: undefined })
  const over = overMs === undefined ? '' : ` over ${formatTime(overMs)}`
  const abort = abortAfterMs === undefined ? '' : ` abort${abortAfterMs > 0 ? ` after ${formatTime(abortAfterMs)}` : ''}`
  return `${name} ${wantedOf(threshold)}${over}${abort}`
}

/** What was measured; `undefined` where there was nothing to measure. */
export const measure = ({ metric, of }: Threshold, stretch: Stretch): number | undefined => metricRow(metric).value(stretch, of)

export const isMet = ({ sign, value }: Threshold, got: number): boolean => COMPARISONS[sign](got, value)
