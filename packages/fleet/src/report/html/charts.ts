import { OUTER_PHASE } from '../../phases.ts'
import type { HealthPoint } from '../health-line.ts'
import type { Interval, RunReport } from '../run-report.ts'

type Values = readonly (number | undefined)[]

/** `x` is in seconds since the start, but for a distribution, where it is -log10 of the share that is slower. */
export type Chart = {
  title: string
  about: string
  unit: string
  kind: 'lines' | 'stack' | 'distribution'
  /** Logarithmic, where single values tower above the rest. */
  log?: boolean
  x: Values
  /** `colour`: its number in the palette of the page; one after the other where nothing is said. */
  series: readonly { label: string; values: Values; colour?: number }[]
}

/** The axis is chosen by how far the largest is from the middle. */
const TOWERS = 20

const isTowering = (values: Values): boolean => {
  const sorted = values.filter(value => value !== undefined && value > 0).sort((a, b) => a! - b!) as number[]
  return sorted.length > 0 && sorted.at(-1)! > TOWERS * sorted[sorted.length >> 1]!
}

const COLOURS = { red: 2, green: 4, grey: 8 } as const
/** None of them looks as if all were well. */
const COLOURS_OF_FAILURES = [COLOURS.red, 1, 5, 3, 7, 12, 10, COLOURS.grey]

/** The last interval of a run is over before its time, and would look like a fall. */
const whole = (intervals: readonly Interval[]) => (intervals.length > 2 ? intervals.slice(0, -1) : intervals)

const overTime = (intervals: readonly Interval[]) => {
  const of = (value: (interval: Interval) => number | undefined): Values => intervals.map(value)
  return { x: of(({ atSeconds }) => atSeconds), of }
}

const latency = ({ intervals }: RunReport): Chart => {
  const { x, of } = overTime(intervals)
  const max = of(({ scheduledMs }) => scheduledMs?.max)
  return {
    title: 'Latency from the scheduled start',
    about:
      'Percentiles of the operations that were done in each interval. A generator that waits for the server would hide some of it; this does not.',
    unit: 'ms',
    kind: 'lines',
    log: isTowering([...of(({ scheduledMs }) => scheduledMs?.p50), ...max]),
    x,
    series: [
      { label: 'p50', values: of(({ scheduledMs }) => scheduledMs?.p50) },
      { label: 'p90', values: of(({ scheduledMs }) => scheduledMs?.p90) },
      { label: 'p99', values: of(({ scheduledMs }) => scheduledMs?.p99) },
      { label: 'max', values: max },
    ],
  }
}

const rate = ({ intervals }: RunReport): Chart => {
  const { x, of } = overTime(whole(intervals))
  return {
    title: 'Rate',
    about: 'Operations that started, were done, and failed, each second. Where started and done part, the server does not keep up.',
    unit: '/s',
    kind: 'lines',
    x,
    series: [
      { label: 'started', colour: COLOURS.grey, values: of(({ startedPerSecond }) => startedPerSecond) },
      { label: 'done', colour: COLOURS.green, values: of(({ donePerSecond }) => donePerSecond) },
      { label: 'failed', colour: COLOURS.red, values: of(({ failedPerSecond }) => failedPerSecond) },
    ],
  }
}

/** A series for each name that comes up, in the order of `names`. */
const stackOf = (intervals: readonly Interval[], values: (interval: Interval) => Readonly<Record<string, number>>) => {
  const names = [...new Set(intervals.flatMap(interval => Object.keys(values(interval))))]
  return names.map(label => ({ label, values: intervals.map(interval => values(interval)[label] ?? 0) }))
}

const phases = ({ intervals, summary }: RunReport): Chart | undefined => {
  const series = stackOf(intervals, ({ phasesMs }) => phasesMs)
  const order = Object.keys(summary.phases)
  return {
    title: 'Where the time goes',
    about:
      'Mean time in each phase of the operations that were done in each interval, one on top of the other: together, their mean latency.',
    unit: 'ms',
    kind: 'stack',
    x: overTime(intervals).x,
    series: series.filter(({ label }) => label !== OUTER_PHASE).sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label)),
  }
}

const failures = ({ intervals, intervalSeconds }: RunReport): Chart | undefined => {
  const series = stackOf(intervals, interval => interval.failures)
  if (series.length === 0) return undefined
  return {
    title: 'Failures by reason',
    about: 'Operations that failed, each second, one reason on top of the other.',
    unit: '/s',
    kind: 'stack',
    x: overTime(intervals).x,
    series: series.map(({ label, values }, index) => ({
      label,
      colour: COLOURS_OF_FAILURES[index % COLOURS_OF_FAILURES.length]!,
      values: values.map(count => count / intervalSeconds),
    })),
  }
}

const distribution = ({ distribution: { percent, scheduledMs, actualMs } }: RunReport): Chart | undefined =>
  percent.length < 2
    ? undefined
    : {
        title: 'Distribution of latency',
        about:
          'How many operations took at most so long. Where the two lines part, operations started later than the schedule wanted.',
        unit: 'ms',
        kind: 'distribution',
        log: isTowering(scheduledMs),
        x: percent.map(value => -Math.log10(1 - value / 100)),
        series: [
          { label: 'from scheduled start', values: scheduledMs },
          { label: 'from actual start', values: actualMs },
        ],
      }

const healthChart =
  (chart: Pick<Chart, 'title' | 'about' | 'unit'>, series: Readonly<Record<string, (point: HealthPoint) => number>>) =>
  ({ health }: RunReport): Chart | undefined =>
    health.length === 0
      ? undefined
      : {
          ...chart,
          kind: 'lines',
          x: health.map(({ atSeconds }) => atSeconds),
          series: Object.entries(series).map(([label, value]) => ({ label, values: health.map(value) })),
        }

/** Every chart of a report, in the order of the page; one that has nothing to show is left out. */
export const CHARTS: Readonly<Record<string, (report: RunReport) => Chart | undefined>> = {
  latency,
  rate,
  phases,
  failures,
  distribution,
  inFlight: healthChart(
    {
      title: 'Generator: operations under way',
      about: 'In all processes together. A hill that does not come down is a queue before the server.',
      unit: '',
    },
    { 'in flight': ({ inFlight }) => inFlight },
  ),
  eventLoop: healthChart(
    {
      title: 'Generator: delay of the event loop',
      about:
        'How much later than due the busiest process came to its work. All latencies have up to this much of the generator in them.',
      unit: 'ms',
    },
    { p99: ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms, max: ({ eventLoopDelayMaxMs }) => eventLoopDelayMaxMs },
  ),
  cpu: healthChart(
    {
      title: 'Generator: processor time',
      about: 'Of one core, of the busiest process. Above some 65 % it begins to measure itself.',
      unit: '%',
    },
    { 'busiest process': ({ cpuShare }) => Math.round(1000 * cpuShare) / 10 },
  ),
  memory: healthChart(
    { title: 'Generator: memory', about: 'Resident, of all processes together.', unit: 'MB' },
    { memory: ({ memoryBytes }) => Math.round(memoryBytes / 1e5) / 10 },
  ),
}
