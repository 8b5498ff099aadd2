import { formatTime, parsePercent, parseRate, parseTime } from '@capfkit/codec/options'
import { BOOT_ERRORS, BOOT_STEPS, PHONE_ERRORS } from '@capfkit/phone'
import { FLEET_PHASES, type FleetPhase, OWN_PHASE } from '../phases.ts'
import type { Failure, Tally } from '../tally.ts'

/** What was counted in a stretch of the run, or in all of it. */
export type Stretch = { readonly tally: Tally; readonly seconds: number }

const SIDES: readonly string[] = ['server', 'client', 'network', 'generator']
const PLACES: readonly string[] = [...FLEET_PHASES.filter(phase => phase !== OWN_PHASE), ...Object.keys(BOOT_STEPS)]
const REASONS: readonly string[] = [...Object.keys(PHONE_ERRORS), ...Object.keys(BOOT_ERRORS)]
/** A phone was told to do something else than what was ordered. */
const OTHER_REASON = /^ORDERED_\w+$/

const TIMES: readonly string[] = ['scheduled', 'actual', ...FLEET_PHASES]

/** What may stand in brackets behind a metric. */
export const SELECTORS = {
  failure: {
    range: 'SIDE | PHASE | REASON',
    names: [...SIDES, ...PLACES, ...REASONS],
    has: (name: string) => [SIDES, PLACES, REASONS].some(names => names.includes(name)) || OTHER_REASON.test(name),
  },
  latency: {
    range: 'scheduled | actual | PHASE',
    names: TIMES,
    has: (name: string) => TIMES.includes(name),
  },
} as const satisfies Record<string, { range: string; names: readonly string[]; has(name: string): boolean }>

const shortened = (value: number) => String(Number(value.toPrecision(4)))

/** Kinds of values: how they are read from a plan, and written into a report. */
export const UNITS = {
  ms: { range: 'TIME', parse: parseTime, format: (ms: number) => (Number.isInteger(ms) ? formatTime(ms) : `${shortened(ms)}ms`) },
  share: { range: 'PERCENT%', parse: parsePercent, format: (share: number) => `${shortened(share * 100)}%` },
  perSecond: { range: 'NUMBER/s', parse: parseRate, format: (rate: number) => `${shortened(rate)}/s` },
} as const satisfies Record<string, { range: string; parse(text: string): number; format(value: number): string }>

type MetricRow = {
  readonly doc: string
  readonly unit: keyof typeof UNITS
  readonly selector?: keyof typeof SELECTORS
  /** What a miss says: operations failed, or a figure of the server is not what it should be. */
  readonly says: 'failures' | 'figures'
  /** `undefined` where there is nothing to measure. */
  value(stretch: Stretch, of: string | undefined): number | undefined
}

const counts = ({ side, phase, reason }: Failure, of: string | undefined) =>
  of === undefined || side === of || phase === of || reason === of

const share = (part: number, whole: number) => (whole === 0 ? undefined : part / whole)

const percentile =
  (percent: number): MetricRow['value'] =>
  ({ tally }, of = 'scheduled') => {
    const latency = of === 'scheduled' || of === 'actual' ? tally[of] : tally.phases[of as FleetPhase]
    return latency.count === 0 ? undefined : latency.percentile(percent)
  }

const latency = (doc: string, percent: number): MetricRow => ({
  doc,
  ...{ unit: 'ms', selector: 'latency', says: 'figures' },
  value: percentile(percent),
})

/** What a threshold can be about. Latencies are those of operations that were done. */
export const THRESHOLD_METRICS = {
  failed: {
    doc: 'Share of the operations that failed; with a side, a phase or a reason in brackets, of those that failed so.',
    ...{ unit: 'share', selector: 'failure', says: 'failures' },
    value: ({ tally }, of) => {
      let failed = 0
      for (const failure of tally.failures.values()) if (counts(failure, of)) failed += failure.count
      return share(failed, tally.ended)
    },
  },
  p50: latency('Median latency, from the scheduled start; in brackets: actual, or a phase.', 50),
  p90: latency('Latency that 90 of 100 do not exceed.', 90),
  p99: latency('Latency that 99 of 100 do not exceed.', 99),
  p999: latency('Latency that 999 of 1000 do not exceed.', 99.9),
  max: latency('The longest latency.', 100),
  rate: {
    doc: 'Operations done by second.',
    ...{ unit: 'perSecond', says: 'figures' },
    value: ({ tally, seconds }) => (seconds > 0 ? tally.done / seconds : undefined),
  },
  late: {
    doc: 'Share of the starts that came late.',
    ...{ unit: 'share', says: 'figures' },
    value: ({ tally }) => share(tally.lateStarts, tally.started),
  },
  skipped: {
    doc: 'Share of the planned starts that were skipped, because too many sessions were in flight or the device was busy.',
    ...{ unit: 'share', says: 'figures' },
    value: ({ tally }) => share(tally.skipped, tally.started + tally.skipped),
  },
} as const satisfies Record<string, MetricRow>

export type ThresholdMetric = keyof typeof THRESHOLD_METRICS

export const metricRow = (metric: ThresholdMetric): MetricRow => THRESHOLD_METRICS[metric]
