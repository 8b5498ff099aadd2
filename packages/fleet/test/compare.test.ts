import { join } from 'node:path'
import t from 'tap'
import { compareRuns, reportRun } from '../src/index.ts'
import { numbers, type WrittenRun, writeRun } from './written-run.ts'

type Shape = {
  seed: number
  perSecond?: number
  medianMs?: number
  failed?: number
  seconds?: number
  footer?: WrittenRun['footer']
}

let runs = 0

/** Twenty seconds of operations whose latencies scatter by half. */
const run = (
  t: { testdirName: string },
  { seed, perSecond = 100, medianMs = 40, failed = 0, seconds = 20, footer = {} }: Shape,
) => {
  const random = numbers(seed)
  const operations = Array.from({ length: perSecond * seconds }, (_, index) => ({
    startMs: (index * 1000) / perSecond + 5 * random(),
    lateMs: random(),
    totalMs: medianMs * (0.75 + 0.5 * random()),
    ...(random() < failed ? { failure: { side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', detail: '', frames: [] } } : {}),
  }))
  return reportRun(writeRun(join(t.testdirName, String(runs++)), { operations, seconds, footer }))
}

t.test('two runs of the same thing are the same, whatever their chance', async t => {
  t.testdir()
  const baseline = await run(t, { seed: 1 })
  for (const seed of [2, 3, 4, 5, 6]) {
    const comparison = compareRuns(baseline, await run(t, { seed }))
    t.match(comparison, { version: 1, verdict: 'same', notes: [], differences: [] })
    t.ok(comparison.figures.every(({ verdict }) => verdict === 'same' || verdict === 'info'))
  }
  const itself = compareRuns(baseline, baseline)
  t.ok(itself.figures.every(({ changePercent = 0 }) => changePercent === 0))
})

t.test('slower, less, or failing more often is worse; the other way round it is better', async t => {
  t.testdir()
  const baseline = await run(t, { seed: 1 })
  const cases: [string, Omit<Shape, 'seed'>, string[]][] = [
    ['a fifth slower', { medianMs: 48 }, ['p50 from scheduled start', 'p99 from scheduled start', 'p50 from actual start']],
    ['a fifth less', { perSecond: 80 }, ['rate']],
    ['two of a hundred fail', { failed: 0.02 }, ['failed']],
  ]
  for (const [name, shape, figures] of cases) {
    const other = await run(t, { seed: 9, ...shape })
    const [there, back] = [compareRuns(baseline, other), compareRuns(other, baseline)]
    t.equal(there.verdict, 'worse', name)
    t.equal(back.verdict, 'better', name)
    for (const figure of figures) {
      t.equal(there.figures.find(one => one.name === figure)?.verdict, 'worse', `${name}: ${figure}`)
      t.equal(back.figures.find(one => one.name === figure)?.verdict, 'better', `${name}: ${figure}`)
    }
  }
})

t.test('below the tolerance a difference does not count, however steady the runs are', async t => {
  t.testdir()
  const [a, b] = [await run(t, { seed: 1 }), await run(t, { seed: 1, medianMs: 41.5 })]
  t.equal(compareRuns(a, b).verdict, 'same')
  t.equal(compareRuns(a, b, { tolerance: 0.001 }).verdict, 'worse')
})

t.test('what varies much by itself needs a larger difference', async t => {
  t.testdir()
  const noiseOf = async (share: number) => {
    const random = numbers(3)
    const operations = Array.from({ length: 2000 }, (_, index) => ({
      startMs: index * 10,
      totalMs: 40 * (1 + share * Math.sin(index / 90)) + random(),
    }))
    const report = await reportRun(writeRun(join(t.testdirName, String(share)), { operations, seconds: 20 }))
    return compareRuns(report, report).figures.find(({ name }) => name === 'p50 from actual start')!.noise!
  }
  t.ok((await noiseOf(0.8)) > 2 * (await noiseOf(0)))
})

t.test('runs that say nothing are told so: too short, invalid, killed', async t => {
  t.testdir()
  const baseline = await run(t, { seed: 1 })
  const short = compareRuns(baseline, await run(t, { seed: 2, seconds: 0.4 }))
  t.match(
    short.figures.find(({ name }) => name === 'p99 from scheduled start'),
    { verdict: 'unknown' },
  )
  const invalid = await run(t, { seed: 2, footer: { verdict: 'invalid', because: ['the generator lagged'] } })
  t.match(compareRuns(baseline, invalid), { verdict: 'invalid', notes: ['B is invalid: the generator lagged'] })
  const killed = await run(t, { seed: 2, footer: false })
  t.match(compareRuns(killed, baseline).notes, [/^A was killed/])
})

t.test('options that differ are named, but for where files and server are', async t => {
  t.testdir()
  const baseline = await run(t, { seed: 1 })
  const options = { rate: 50, out: 'a', server: '127.0.0.1:1' }
  const other = { ...baseline, options: { rate: 60, out: 'b', server: '127.0.0.1:2', models: '8861=1' } }
  t.strictSame(compareRuns({ ...baseline, options }, other).differences, [
    { name: 'rate', a: 50, b: 60 },
    { name: 'models', a: undefined, b: '8861=1' },
  ])
})
