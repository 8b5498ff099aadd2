import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { FLEET_PHASES } from '../src/phases.ts'
import { type Counted, Tally } from '../src/tally.ts'
import { THRESHOLD_METRICS } from '../src/thresholds/metrics.ts'
import { COMPARISONS, formatThreshold, parseThreshold, type Threshold } from '../src/thresholds/threshold.ts'
import { ThresholdWatch } from '../src/thresholds/watch.ts'

const tallyOf = (counted: readonly Partial<Counted>[], { late = 0, skipped = 0 } = {}): Tally => {
  const tally = new Tally()
  for (const one of counted) {
    tally.started++
    tally.record({ scheduledMs: 10, actualMs: 5, phasesMs: {}, operation: 'install', failure: undefined, ...one })
  }
  tally.lateStarts = late
  tally.skipped = skipped
  return tally
}
const done = (count: number, scheduledMs = 10): Partial<Counted>[] => Array.from({ length: count }, () => ({ scheduledMs }))
const failed = (count: number, failure: NonNullable<Counted['failure']>): Partial<Counted>[] =>
  Array.from({ length: count }, () => ({ failure }))
const REFUSED = { side: 'server', phase: 'auth', reason: 'SERVER_REFUSED' } as const
const CUT = { side: 'network', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED' } as const

const resultOf = (text: string, tally: Tally, seconds = 10) =>
  new ThresholdWatch([parseThreshold(text)]).results({ tally, seconds })[0]!

t.test('each metric measures what it says', async t => {
  const tally = tallyOf(
    [
      ...done(90, 10),
      ...Array.from({ length: 6 }, () => ({ scheduledMs: 400, actualMs: 200, phasesMs: { tls: 50 } })),
      ...failed(3, REFUSED),
      ...failed(1, CUT),
    ],
    { late: 2, skipped: 25 },
  )
  const expected: Readonly<Record<string, string>> = {
    failed: '4%',
    'failed(server)': '3%',
    'failed(connect)': '1%',
    'failed(PHONE_CONNECT_REFUSED)': '1%',
    'failed(client)': '0%',
    p50: '10.01ms',
    max: '400.1ms',
    'max(actual)': '200.1ms',
    'p50(tls)': '50.02ms',
    'p50(store)': 'nothing',
    rate: '9.6/s',
    late: '2%',
    skipped: '20%',
  }
  for (const [name, got] of Object.entries(expected)) {
    const unit = name.startsWith('p') || name.startsWith('max') ? '1ms' : name === 'rate' ? '1/s' : '1%'
    t.match(resultOf(`${name} < ${unit}`, tally), { name, got }, name)
  }
  t.strictSame(
    new Set(Object.keys(expected).map(name => name.replace(/\(.*/, ''))),
    new Set(Object.keys(THRESHOLD_METRICS).filter(name => !['p90', 'p99', 'p999'].includes(name))),
  )
})

t.test('a threshold holds or does not, at its edge too', async t => {
  const tally = tallyOf([...done(99), ...failed(1, REFUSED)])
  for (const [text, ok] of Object.entries({
    ...{ 'failed < 1%': false, 'failed <= 1%': true, 'failed > 0%': true, 'failed >= 1%': true },
    ...{ 'rate > 9/s': true, 'rate >= 600/m': false, 'p99 < 1s': true, 'p99(actual) > 1s': false },
  }))
    t.equal(resultOf(text, tally).ok, ok, text)
  t.strictSame(resultOf('failed < 1%', tally), { name: 'failed', wanted: '< 1%', got: '1%', ok: false, says: 'failures' })
  t.equal(resultOf('p99 < 1s', tally).says, 'figures')
})

t.test('what was not measured is not shown to be right', async t => {
  for (const text of ['p99 < 1s', 'p99(tvs) < 1s', 'failed < 1%', 'late < 1%'])
    t.match(resultOf(text, new Tally()), { ok: false, got: 'nothing' }, text)
})

t.test('windows follow each other within a phase; the worst one is told', async t => {
  const watch = new ThresholdWatch(['p99 < 100ms over 2s', 'rate > 1/s over 2s'].map(parseThreshold))
  watch.beginPhase(0)
  const second = (atMs: number, tally: Tally) => {
    watch.hear(tally)
    watch.look(atMs)
  }
  second(1000, tallyOf(done(10)))
  second(2000, tallyOf(done(10)))
  second(3000, tallyOf(done(2, 900)))
  second(4000, tallyOf(done(1, 10)))
  second(5000, tallyOf(done(10)))
  watch.endPhase(5200)
  watch.beginPhase(20_000)
  second(21_000, tallyOf(done(10)))
  second(22_000, tallyOf(done(10)))
  watch.endPhase(22_100)
  t.match(watch.results({ tally: new Tally(), seconds: 7.3 }), [
    {
      ...{ name: 'p99 over 2s', wanted: '< 100ms', ok: false, windows: { all: 4, missed: 1 } },
      window: { fromSeconds: 2, toSeconds: 4 },
      got: /^90\d.*ms$/,
    },
    // A pause between phases is in no window, and the rest of a phase that is shorter than half a window neither.
    { name: 'rate over 2s', ok: true, got: '1.5/s', windows: { all: 4, missed: 0 }, window: { fromSeconds: 2, toSeconds: 4 } },
  ])
})

t.test('a miss stops the run when it is to, once, and not before its time', async t => {
  const aborted: string[] = []
  const thresholds = ['failed < 10%', 'failed(server) < 10% abort after 3s', 'p99 < 1s over 1s abort'].map(parseThreshold)
  const watch = new ThresholdWatch(thresholds, threshold => aborted.push(formatThreshold(threshold)))
  watch.beginPhase(0)
  const bad = () => tallyOf([...done(1), ...failed(1, REFUSED)])
  for (const atMs of [1000, 2000, 2999]) {
    watch.hear(bad())
    watch.look(atMs)
    t.strictSame(aborted, [], `at ${atMs}`)
  }
  watch.hear(tallyOf(done(1, 5000)))
  watch.look(4000)
  watch.look(5000)
  t.strictSame(aborted, ['failed(server) < 10% abort after 3s'])
  t.match(watch.results({ tally: tallyOf(done(1000)), seconds: 1 }), [
    { ok: true },
    { ok: false, aborted: true },
    { ok: false, windows: { missed: 1 } },
  ])
})

t.test('what a threshold says survives being written and read', async t => {
  const metrics = fc.constantFrom(...(Object.keys(THRESHOLD_METRICS) as Threshold['metric'][]))
  const threshold = metrics.chain(metric => {
    const row: { unit: string; selector?: string } = THRESHOLD_METRICS[metric]
    const { unit, selector } = row
    const selectors =
      selector === undefined
        ? [undefined]
        : selector === 'latency'
          ? [undefined, 'scheduled', 'actual', ...FLEET_PHASES]
          : [undefined, 'server', 'tls', 'PHONE_CONNECT_REFUSED']
    return fc.record({
      metric: fc.constant(metric),
      of: fc.constantFrom(...selectors),
      sign: fc.constantFrom(...(Object.keys(COMPARISONS) as Threshold['sign'][])),
      value: fc.integer({ min: 0, max: 1000 }).map(value => (unit === 'share' ? value / 1000 : value)),
      overMs: fc.option(
        fc.integer({ min: 1, max: 86_400 }).map(seconds => seconds * 1000),
        { nil: undefined },
      ),
      abortAfterMs: fc.option(fc.nat(1e6), { nil: undefined }),
    })
  })
  const survives = (given: Threshold) => {
    const { value: wanted, ...others } = given
    const text = formatThreshold(given)
    const { value, ...rest } = parseThreshold(text)
    assert.deepEqual(rest, { ...others }, text)
    assert.ok(Math.abs(value - wanted) < 1e-9, text)
  }
  t.doesNotThrow(() => fc.assert(fc.property(threshold, survives)))
})

t.test('what is no threshold is refused with what it should be', async t => {
  for (const [text, sentence] of Object.entries({
    'p98 < 1s': /has no metric p98; did you mean p9/,
    'latency < 1s': /has no metric latency; known are failed, p50/,
    'p99(tsl) < 1s': /p99\(tsl\); did you mean tls\?/,
    'failed(SERVER_SAD) < 1%': /failed\(SERVER_SAD\); failed wants SIDE \| PHASE \| REASON/,
    'rate(tls) > 1/s': /rate is not divided/,
    'p99 < 100': /wants a time such as/,
    'failed < 1s': /wants a share such as/,
    'p99 = 1s': /wants METRIC\[\(OF\)\]/,
    'p99 < 1s over 1500ms': /whole seconds/,
    'p99 < 1s over': /wants METRIC/,
    '': /wants METRIC/,
  }))
    t.throws(() => parseThreshold(text), sentence, JSON.stringify(text))
})
