import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { reportRun } from '../src/index.ts'
import { HealthLine } from '../src/report/health-line.ts'
import { intervalsOf } from '../src/report/intervals.ts'
import { Timeline } from '../src/report/timeline.ts'
import { numbers, writeRun } from './written-run.ts'

const operation = (change: object) => ({
  ...{ phone: 0, deviceName: 'SEP1', round: 0, operation: 1, startMs: 0, lateMs: 0, totalMs: 10, phases: [], phasesMs: [] },
  ...change,
})

t.test('whatever comes when, the timeline counts all of it once, in a bounded number of intervals', async t => {
  const arrival = fc.record({
    startMs: fc.double({ min: 0, max: 1e8, noNaN: true }),
    totalMs: fc.float({ min: 0, max: 1e6, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 80 }), arrivals => {
      const timeline = new Timeline()
      for (const { startMs, totalMs } of arrivals) timeline.add(operation({ totalMs, phases: [1], phasesMs: [2] }), startMs)
      const { stretches, lengthMs } = timeline
      const sum = (value: (stretch: (typeof stretches)[number]) => number) =>
        stretches.reduce((total, one) => total + value(one), 0)
      t.ok(stretches.length <= 240 && lengthMs >= 250)
      t.equal(
        sum(({ started }) => started),
        arrivals.length,
      )
      t.equal(
        sum(({ done }) => done),
        arrivals.length,
      )
      t.equal(
        sum(({ phases }) => phases.get(1) ?? 0),
        2 * arrivals.length,
      )
      const last = Math.max(...arrivals.map(({ startMs, totalMs }) => startMs + totalMs))
      t.equal(stretches.length, Math.max(1, Math.floor(last / lengthMs) + 1))
      const parts = timeline.inParts(10)
      t.ok(parts.stretches.length <= 10)
    }),
    { numRuns: 100 },
  )
})

t.test('an interval tells percentiles by nearest rank, rates of its length, and mean phases', async t => {
  const timeline = new Timeline()
  for (let index = 1; index <= 100; index++)
    timeline.add(operation({ totalMs: index, lateMs: 100, phases: index <= 50 ? [0, 2] : [0], phasesMs: [1, 4] }), 0)
  timeline.add(operation({ failure: { reason: 'PHONE_REFUSED' }, totalMs: 5 }), 260)
  const [first, second] = intervalsOf(timeline, ['connect', 'tls', 'issue'])
  t.strictSame(first, {
    atSeconds: 0,
    startedPerSecond: 400,
    donePerSecond: 400,
    failedPerSecond: 0,
    failures: {},
    scheduledMs: { p50: 150, p90: 190, p99: 199, max: 200 },
    actualMs: { p50: 50, p90: 90, p99: 99, max: 100 },
    phasesMs: { connect: 1, issue: 2 },
  })
  t.strictSame(second, {
    ...{ atSeconds: 0.25, startedPerSecond: 4, donePerSecond: 0, failedPerSecond: 4, failures: { PHONE_REFUSED: 1 }, phasesMs: {} },
  })
})

t.test('health of several processes: sums of what adds up, the worst of what does not, none forgotten', async t => {
  const line = new HealthLine()
  const tell = (process: number, seconds: number, health: object) =>
    line.add({
      ...{ process, seconds, spanMs: 1000 },
      health: {
        ...{ atMs: 0, cpuMs: 0, eventLoopDelayP99Ms: 0, eventLoopDelayMaxMs: 0, memoryBytes: 100, inFlight: 1, started: 0 },
        ...{ lateStarts: 0, droppedFrames: 0, keysPooled: 0, keysGenerated: 0 },
        ...health,
      },
    })
  tell(0, -3, { memoryBytes: 7 })
  tell(0, 0.1, { cpuMs: 500, eventLoopDelayP99Ms: 3, inFlight: 4 })
  tell(1, 0.2, { cpuMs: 900, eventLoopDelayP99Ms: 1, inFlight: 5 })
  // The other comes a little late this time.
  tell(0, 1.1, { cpuMs: 100, inFlight: 2 })
  t.match(line.points, [
    { atSeconds: 0, inFlight: 9, cpuShare: 0.9, eventLoopDelayP99Ms: 3, memoryBytes: 200 },
    { atSeconds: 1, inFlight: 7, cpuShare: 0.1, memoryBytes: 200 },
  ])
  for (let seconds = 2; seconds < 5000; seconds++) tell(0, seconds, {})
  t.ok(line.points.length <= 240)
  t.ok(line.points.at(-1)!.atSeconds > 4900)
})

t.test('a report adds the parts up; the distribution goes as far as the number of operations says anything', async t => {
  const random = numbers(5)
  const operations = Array.from({ length: 1000 }, (_, index) => ({
    startMs: index * 10,
    lateMs: 60 * (index % 2),
    totalMs: 20 + 10 * random(),
    phases: [0, 1, 2],
    phasesMs: [1, 2, 3],
  }))
  const folder = writeRun(join(t.testdir(), 'run'), {
    operations,
    parts: 3,
    seconds: 10,
    options: [{ name: 'rate', value: '100' }],
  })
  const { summary, intervals, distribution, spread, startedAt, roundStarts } = await reportRun(folder)
  t.match(summary, {
    verdict: 'pass',
    done: 1000,
    failed: 0,
    ratePerSecond: 100,
    phases: { tls: { p50: 2 } },
    generator: { lateStarts: 500 },
  })
  t.equal(startedAt, '2026-01-15T12:00:00.000Z')
  t.strictSame(roundStarts, [{ number: 0, operation: 'install', atSeconds: 0 }])
  t.equal(intervals.length, 41)
  t.ok(spread!.ratePerSecond < 3 && spread!.actualMs.p50 < 1, 'it went steadily')
  t.equal(distribution.percent.length, 31, 'three decades')
  t.match(distribution.percent.slice(0, 31).at(-1), 99.9)
  t.ok(distribution.scheduledMs[20]! > 80 && distribution.actualMs[20]! < 31)
})

t.test('one bad stretch makes the tail of a run uncertain, not its middle', async t => {
  const folder = t.testdir()
  const steady = Array.from({ length: 2000 }, (_, index) => ({ startMs: index * 10, totalMs: 20 + (index % 5) }))
  const stalled = steady.map((operation, index) => (index > 900 && index < 950 ? { ...operation, totalMs: 900 } : operation))
  const spreadOf = async (name: string, operations: typeof steady) =>
    (await reportRun(writeRun(join(folder, name), { operations, seconds: 20 }))).spread!.actualMs
  const [even, uneven] = [await spreadOf('steady', steady), await spreadOf('stalled', stalled)]
  t.ok(even.p99 < 1 && uneven.p99 > 100, `${even.p99} and ${uneven.p99} ms`)
  t.ok(uneven.p50 < 1, `${uneven.p50} ms`)
  t.equal((await reportRun(writeRun(join(folder, 'short'), { operations: steady.slice(0, 20) }))).spread, undefined)
})

t.test('of each way to fail the first three are kept as examples', async t => {
  const failure = { side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', detail: 'alert 40', frames: [] }
  const frames = [
    { fromClient: false, atMs: 1, data: Buffer.from('not a frame') },
    { fromClient: true, atMs: 2, data: Buffer.from('55', 'hex') },
  ]
  const operations = [
    ...Array.from({ length: 5 }, () => ({ failure })),
    { failure: { ...failure, reason: 'PHONE_BAD_MESSAGE', phase: 'auth', frames } },
  ]
  const { failures, summary } = await reportRun(writeRun(join(t.testdir(), 'run'), { operations }))
  t.match(failures, [
    { reason: 'PHONE_TLS_FAILED', examples: [{ detail: 'alert 40', deviceName: 'SEP000000000000' }, {}, {}] },
    {
      reason: 'PHONE_BAD_MESSAGE',
      examples: [
        {
          frames: [
            { from: 'server', name: 'no frame: CODEC_BAD_MAGIC', hex: Buffer.from('not a frame').toString('hex') },
            { from: 'client', name: 'part of a frame', hex: '55' },
          ],
        },
      ],
    },
  ])
  t.equal(failures[0]!.examples.length, 3)
  t.strictSame(
    summary.failures.map(({ reason, count }) => [reason, count]),
    [
      ['PHONE_TLS_FAILED', 5],
      ['PHONE_BAD_MESSAGE', 1],
    ],
  )
})

t.test('a folder that holds no whole run is refused with file and remedy', async t => {
  const folder = t.testdir({ empty: {}, noise: { 'run.capfrun': 'hello, this is no run', 'part-0.capfrun': '' } })
  await t.rejects(reportRun(join(folder, 'nothing')), { code: 'RUN_INCOMPLETE', message: /nothing: .*no such file/ })
  await t.rejects(reportRun(join(folder, 'empty')), { code: 'RUN_INCOMPLETE', message: /there is no run\.capfrun; name a folder/ })
  await t.rejects(reportRun(join(folder, 'noise')), { code: 'RUN_NOT_A_RUN', where: join(folder, 'noise', 'run.capfrun') })
  const run = writeRun(join(folder, 'run'), { operations: [{}, {}], parts: 2 })
  const part = join(run, 'part-1.capfrun')
  const bytes = readFileSync(part)
  rmSync(part)
  await t.rejects(reportRun(run), { code: 'RUN_INCOMPLETE', message: /1 of 2 parts are there/ })
  writeFileSync(part, bytes.fill(0xee, bytes.length - 8))
  await t.rejects(reportRun(run), { name: 'RunError', where: part })
  rmSync(part)
  mkdirSync(part)
  await t.rejects(reportRun(run), { code: 'RUN_INCOMPLETE' })
})

t.test('a run that was killed at once, before its processes wrote anything, is a run without operations', async t => {
  const folder = writeRun(join(t.testdir(), 'run'), { operations: [{}, {}], parts: 2, footer: false })
  writeFileSync(join(folder, 'part-1.capfrun'), '')
  t.match(await reportRun(folder), { complete: false, summary: { done: 1, stopped: true } })
  rmSync(join(folder, 'part-0.capfrun'))
  t.match(await reportRun(folder), {
    complete: false,
    intervals: [],
    health: [],
    summary: { done: 0, planned: 2, verdict: 'fail' },
  })
})
