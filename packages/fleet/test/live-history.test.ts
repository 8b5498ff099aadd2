import fc from 'fast-check'
import t from 'tap'
import { FIGURE_NAMES, FIGURES, type FigureRow, type Figures, figureInWords, LiveHistory, MOST_POINTS } from '../src/live/index.ts'

const add = (history: LiveHistory, seconds: number, figures: Figures = {}) => history.add({ seconds, figures, state: 'running' })

t.test('every figure has a metric of its own, named as Prometheus wants', async t => {
  const series = FIGURE_NAMES.map(name => {
    const { metric, unit, kind }: FigureRow = FIGURES[name]
    t.match(metric.name, /^capf_fleet_[a-z_]+$/, name)
    t.equal(metric.name.endsWith('_total'), kind === 'sum', `${name}: only what only grows is a total`)
    if (unit === 'ms') t.match(metric.name, /_seconds$/)
    t.match(name, unit === 'ms' ? /Ms$/ : unit === 'bytes' ? /Bytes$/ : unit === 'operations/s' ? /PerSecond$/ : /./)
    return JSON.stringify(metric)
  })
  t.equal(new Set(series).size, series.length)
})

t.test('a figure in words is short and has its unit', async t => {
  t.equal(figureInWords('done', 1_234_567), '1,234,567')
  t.equal(figureInWords('donePerSecond', 0.333), '0.33/s')
  t.equal(figureInWords('scheduledP99Ms', 12.3456), '12.3 ms')
  t.equal(figureInWords('scheduledP99Ms', 61_000), '61 s')
  t.equal(figureInWords('memoryBytes', 231e6), '231 MB')
  t.equal(figureInWords('cpuShare', 0.613), '61 %')
  t.equal(figureInWords('factor', 1.1), '×1.1')
  t.equal(figureInWords('done', undefined), '–')
})

t.test('a short run has each of its seconds', async t => {
  const history = new LiveHistory()
  for (let second = 0; second < 10; second++) add(history, second, { done: second })
  t.strictSame(history.last('done', 3), [7, 8, 9])
  history.add({ seconds: 0, figures: { done: 77 }, state: 'preparing' })
  t.strictSame(history.last('done', 1), [9], 'preparations are no part of it')
})

t.test('a run of any length has few points, in order, with its worst second still in it', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6000 }), fc.nat(5999), (seconds, at) => {
      const history = new LiveHistory()
      const worst = at % seconds
      for (let second = 0; second < seconds; second++)
        add(history, second, { done: second, donePerSecond: 100, scheduledP99Ms: second === worst ? 900 : 10 })
      const { points } = history
      const { lengthSeconds } = history.encode()
      const isOpen = worst >= points.length * lengthSeconds
      return (
        points.length <= MOST_POINTS &&
        points.every(({ seconds: from }, index) => from === index * lengthSeconds) &&
        points.every(({ figures }) => figures.donePerSecond === 100) &&
        (isOpen || Math.max(...history.last('scheduledP99Ms', MOST_POINTS)) === 900)
      )
    }),
    { numRuns: 40 },
  )
})

t.test('a page that comes late goes on from what it is sent', async t => {
  const whole = new LiveHistory()
  const [first, second] = [1300, 700]
  for (let at = 0; at < first; at++) add(whole, at, { done: at })
  const sent = new LiveHistory(JSON.parse(JSON.stringify(whole.encode())))
  for (let at = first; at < first + second; at++) for (const history of [whole, sent]) add(history, at, { done: at })
  t.strictSame(sent.points, whole.points)
})
