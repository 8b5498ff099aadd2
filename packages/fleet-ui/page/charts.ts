import { clockInWords, FIGURES, type FigureName, figureInWords, inWords, type LiveHistory } from '@capfkit/fleet/live'
import uPlot from 'uplot'
import { element } from './elements.ts'

type SeriesRow = { readonly figure: FigureName; readonly label: string; readonly colour: string; readonly isDashed?: true }
type ChartRow = { readonly title: string; readonly about: string; readonly series: readonly SeriesRow[] }

/** One row a chart; all have the time as their other axis, and one cursor. */
const CHARTS: readonly ChartRow[] = [
  {
    title: 'Rate',
    about: 'Operations that started, were done, and failed, each second.',
    series: [
      { figure: 'startedPerSecond', label: 'started', colour: '--grey' },
      { figure: 'donePerSecond', label: 'done', colour: '--green' },
      { figure: 'failedPerSecond', label: 'failed', colour: '--red' },
    ],
  },
  {
    title: 'Latency',
    about: 'From the scheduled start, of what ended in each second; dashed from the real start.',
    series: [
      { figure: 'scheduledP50Ms', label: 'p50', colour: '--blue' },
      { figure: 'scheduledP90Ms', label: 'p90', colour: '--amber' },
      { figure: 'scheduledP99Ms', label: 'p99', colour: '--red' },
      { figure: 'actualP99Ms', label: 'p99, real start', colour: '--grey', isDashed: true },
    ],
  },
  {
    title: 'In flight',
    about: 'Operations under way.',
    series: [{ figure: 'inFlight', label: 'in flight', colour: '--violet' }],
  },
  {
    title: 'Event loop of the generator',
    about: 'How late the worst client process came to its work. What is late here makes latencies look longer than they are.',
    series: [
      { figure: 'eventLoopDelayP99Ms', label: 'p99', colour: '--amber' },
      { figure: 'eventLoopDelayMaxMs', label: 'max', colour: '--grey' },
    ],
  },
]

const HEIGHT = 210
const FONT = '12px system-ui, sans-serif'
/** Between the marks of a time axis, seconds: as clocks are read. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
/** An axis that ends above its highest value. */
const HEADROOM = 1.08

/** Nobody has half a session. */
const COUNTED = ['operations', 'processes']
const WHOLE_STEPS = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map(step => step * 10 ** power)).flat()

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const axis = () => ({
  stroke: colour('--soft'),
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { stroke: colour('--line'), width: 1, size: 4 },
  font: FONT,
})

const optionsOf = ({ series }: ChartRow, width: number): uPlot.Options => {
  const { unit } = FIGURES[series[0]!.figure]
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: 'time' }, points: { size: 6 } },
    legend: { live: true },
    scales: { x: { time: false }, y: { range: (_, __, high) => [0, Math.max((high ?? 0) * HEADROOM, 1)] } },
    axes: [
      { ...axis(), values: (_, all) => all.map(clockInWords), space: 70, incrs: TIME_STEPS },
      {
        ...axis(),
        size: 64,
        values: (_, all) => all.map(value => inWords(unit, value)),
        ...(COUNTED.includes(unit) ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [
      { label: 'time', value: (_, value) => (value === null ? '–' : clockInWords(value)) },
      ...series.map(({ figure, label, colour: name, isDashed }) => ({
        label,
        stroke: colour(name),
        width: 1.75,
        spanGaps: false,
        points: { show: false },
        ...(isDashed ? { dash: [5, 4] } : {}),
        value: (_: uPlot, value: number | null) => figureInWords(figure, value ?? undefined),
      })),
    ],
  }
}

const dataOf = ({ series }: ChartRow, history: LiveHistory): uPlot.AlignedData => [
  history.points.map(({ seconds }) => seconds),
  ...series.map(({ figure }) => history.points.map(({ figures }) => figures[figure] ?? null)),
]

/** The charts of a run, drawn anew with each snapshot. */
export class Charts {
  readonly element: HTMLElement = element('div', { class: 'charts' })
  readonly #history: () => LiveHistory
  #drawn: { row: ChartRow; place: HTMLElement; plot: uPlot }[] = []

  constructor(history: () => LiveHistory) {
    this.#history = history
    // The colours of the page change with those of the system.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.make())
  }

  /** To be called when the page has its size. */
  make(): void {
    for (const { plot } of this.#drawn) plot.destroy()
    this.element.replaceChildren()
    this.#drawn = CHARTS.map(row => {
      const place = element('div', { class: 'plot' })
      this.element.append(
        element(
          'section',
          { class: 'card chart' },
          element('h2', {}, row.title),
          element('p', { class: 'soft' }, row.about),
          place,
        ),
      )
      const plot = new uPlot(optionsOf(row, place.clientWidth), dataOf(row, this.#history()), place)
      new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place)
      return { row, place, plot }
    })
  }

  draw(): void {
    for (const { row, plot } of this.#drawn) plot.setData(dataOf(row, this.#history()))
  }
}
