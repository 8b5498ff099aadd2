/** In what a figure is counted. Screen and page have a way to write each; metrics are in the base units of Prometheus. */
export type FigureUnit = 'operations' | 'operations/s' | 'ms' | 'bytes' | 'processes' | 'cores' | 'times'

/** The metric that a figure becomes: of one name there may be several, with other labels. */
type MetricName = { readonly name: string; readonly labels?: Readonly<Record<string, string>> }

export type FigureRow = {
  /** A word or two, for a screen. */
  readonly label: string
  readonly unit: FigureUnit
  readonly doc: string
  /** `sum` only grows during a run; `now` may do anything. */
  readonly kind: 'sum' | 'now'
  readonly metric: MetricName
}

const sum = (label: string, doc: string, metric: string): FigureRow => ({
  label,
  doc,
  unit: 'operations',
  kind: 'sum',
  metric: { name: metric },
})

const rate = (label: string, doc: string): FigureRow => ({
  label,
  doc,
  unit: 'operations/s',
  kind: 'now',
  metric: { name: 'capf_fleet_operations_per_second', labels: { what: label } },
})

const WINDOWS = { last: 'of what ended in the last second', run: 'of the run so far' } as const
const STARTS = { scheduled: 'the scheduled start', actual: 'the real start' } as const

const latency = (start: keyof typeof STARTS, of: { window: keyof typeof WINDOWS; percent: 50 | 90 | 99 }): FigureRow => ({
  label: `p${of.percent}`,
  doc: `Latency from ${STARTS[start]} that ${of.percent} % did not exceed, ${WINDOWS[of.window]}.`,
  unit: 'ms',
  kind: 'now',
  metric: {
    name: 'capf_fleet_latency_seconds',
    labels: { start, window: of.window, quantile: String(of.percent / 100) },
  },
})

/**
 * What is told of a run while it runs, one row a figure: screen, page, JSON Lines, Prometheus, OTLP and docs/live.md walk this
 * table. Names have their unit where it is no count.
 */
export const FIGURES = {
  planned: {
    label: 'planned',
    unit: 'operations',
    doc: 'Operations of all phases; absent where a phase goes on until its time is over.',
    kind: 'now',
    metric: { name: 'capf_fleet_planned' },
  },
  started: sum('started', 'Operations that began.', 'capf_fleet_started_total'),
  done: sum('done', 'Operations that ended as they should.', 'capf_fleet_done_total'),
  failed: sum('failed', 'Operations that failed, whatever the reason.', 'capf_fleet_failed_total'),
  disturbed: sum(
    'disturbed',
    'Operations of phones that misbehaved on purpose, neither done nor failed.',
    'capf_fleet_disturbed_total',
  ),
  lateStarts: sum('late starts', 'Starts noticeably after the moment that the schedule named.', 'capf_fleet_late_starts_total'),
  skipped: sum('skipped', 'Starts that did not happen, because too many operations were in flight.', 'capf_fleet_skipped_total'),
  inFlight: {
    label: 'in flight',
    unit: 'operations',
    doc: 'Operations under way.',
    kind: 'now',
    metric: { name: 'capf_fleet_in_flight' },
  },
  startedPerSecond: rate('started', 'Operations that began in the last second.'),
  donePerSecond: rate('done', 'Operations that were done in the last second.'),
  failedPerSecond: rate('failed', 'Operations that failed in the last second.'),
  factor: {
    label: 'speed',
    unit: 'times',
    doc: 'Speed of the schedule: 1 as planned, 0 while the run is paused.',
    kind: 'now',
    metric: { name: 'capf_fleet_speed' },
  },
  scheduledP50Ms: latency('scheduled', { window: 'last', percent: 50 }),
  scheduledP90Ms: latency('scheduled', { window: 'last', percent: 90 }),
  scheduledP99Ms: latency('scheduled', { window: 'last', percent: 99 }),
  actualP50Ms: latency('actual', { window: 'last', percent: 50 }),
  actualP90Ms: latency('actual', { window: 'last', percent: 90 }),
  actualP99Ms: latency('actual', { window: 'last', percent: 99 }),
  scheduledRunP50Ms: latency('scheduled', { window: 'run', percent: 50 }),
  scheduledRunP90Ms: latency('scheduled', { window: 'run', percent: 90 }),
  scheduledRunP99Ms: latency('scheduled', { window: 'run', percent: 99 }),
  actualRunP50Ms: latency('actual', { window: 'run', percent: 50 }),
  actualRunP90Ms: latency('actual', { window: 'run', percent: 90 }),
  actualRunP99Ms: latency('actual', { window: 'run', percent: 99 }),
  processes: {
    label: 'processes',
    unit: 'processes',
    doc: 'Client processes, which run the phones.',
    kind: 'now',
    metric: { name: 'capf_fleet_processes' },
  },
  cpuShare: {
    label: 'CPU',
    unit: 'cores',
    doc: 'Processor time that the busiest client process took of the last second; 1 is a whole core.',
    kind: 'now',
    metric: { name: 'capf_fleet_busiest_process_cores' },
  },
  eventLoopDelayP99Ms: {
    label: 'event loop late, p99',
    unit: 'ms',
    doc: 'How late the event loop of the worst client process came to its work in the last second.',
    kind: 'now',
    metric: { name: 'capf_fleet_event_loop_delay_seconds', labels: { quantile: '0.99' } },
  },
  eventLoopDelayMaxMs: {
    label: 'event loop late, max',
    unit: 'ms',
    doc: 'The same, at its worst.',
    kind: 'now',
    metric: { name: 'capf_fleet_event_loop_delay_seconds', labels: { quantile: '1' } },
  },
  memoryBytes: {
    label: 'memory',
    unit: 'bytes',
    doc: 'Resident memory of all client processes.',
    kind: 'now',
    metric: { name: 'capf_fleet_memory_bytes' },
  },
} as const satisfies Record<string, FigureRow>

export type FigureName = keyof typeof FIGURES

/** What is known at a moment; a figure that means nothing then is absent. */
export type Figures = Partial<Record<FigureName, number>>

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[]
