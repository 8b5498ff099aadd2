import type { Metric } from '@capfkit/listen'
import { FIGURE_NAMES, FIGURES, type FigureRow, type FigureUnit } from './figures.ts'
import type { LivePercentiles, LiveSnapshot } from './snapshot.ts'

type Series = readonly [values: readonly string[], value: number]

/** Prometheus wants base units: seconds, bytes. */
const IN_BASE_UNIT: Readonly<Partial<Record<FigureUnit, number>>> = { ms: 1 / 1000 }

const inBaseUnit = ({ unit }: FigureRow, value: number) => value * (IN_BASE_UNIT[unit] ?? 1)

const rowsByMetric = () => Map.groupBy(FIGURE_NAMES, name => FIGURES[name].metric.name)

/** One metric for each name in the table of figures, with a series for each of its figures. */
const figureMetrics = (snapshot: () => LiveSnapshot): Metric[] =>
  [...rowsByMetric()].map(([name, figures]) => {
    const row: FigureRow = FIGURES[figures[0]!]
    const labels = Object.keys(row.metric.labels ?? {})
    const help = figures.length === 1 ? row.doc : `${row.doc} (one of its series)`
    return {
      name,
      help,
      kind: row.kind === 'sum' ? 'counter' : 'gauge',
      labels,
      series: () =>
        figures.flatMap((figure): Series[] => {
          const { metric, ...of }: FigureRow = FIGURES[figure]
          const value = snapshot().figures[figure]
          return value === undefined ? [] : [[Object.values(metric.labels ?? {}), inBaseUnit({ ...of, metric }, value)]]
        }),
    }
  })

const quantiles = (values: LivePercentiles | undefined, labels: readonly string[]): Series[] =>
  values === undefined
    ? []
    : (
        [
          ['0.5', values.p50],
          ['0.9', values.p90],
          ['0.99', values.p99],
        ] as const
      ).map(([quantile, ms]) => [[...labels, quantile], ms / 1000])

/** Everything that is measured of a run while it goes on; `snapshot` is asked at each scrape. Nothing in it names a phone. */
export const fleetMetrics = (snapshot: () => LiveSnapshot): readonly Metric[] => [
  ...figureMetrics(snapshot),
  {
    name: 'capf_fleet_failures_total',
    help: 'Operations that failed, by the side to blame, the phase and the reason; the most frequent ones.',
    kind: 'counter',
    labels: ['side', 'phase', 'reason'],
    series: () => {
      const { failures, otherFailures } = snapshot()
      const told = failures.map(({ side, phase, reason, count }): Series => [[side, phase, reason], count])
      return otherFailures > 0 ? [...told, [['other', 'other', 'other'], otherFailures]] : told
    },
  },
  {
    name: 'capf_fleet_disturbances_total',
    help: 'Operations of phones that misbehaved on purpose, by what they did and how it ended.',
    kind: 'counter',
    labels: ['fault', 'outcome'],
    series: () => snapshot().disturbances.map(({ fault, outcome, count }): Series => [[fault, outcome], count]),
  },
  {
    name: 'capf_fleet_phase_seconds',
    help: 'Time in each phase of an operation, of what ended in the last second and of the run so far.',
    kind: 'gauge',
    labels: ['phase', 'window', 'quantile'],
    series: () =>
      snapshot().stretches.flatMap(({ phase, last, run }) => [
        ...quantiles(last, [phase, 'last']),
        ...quantiles(run, [phase, 'run']),
      ]),
  },
  {
    name: 'capf_fleet_threshold_holds',
    help: 'Whether a threshold of the plan holds so far: 1 or 0.',
    kind: 'gauge',
    labels: ['threshold'],
    series: () => snapshot().thresholds.map(({ sentence, holds }): Series => [[sentence], holds ? 1 : 0]),
  },
]
