import { encode } from '@capfkit/codec/capf'
import type { RunRecord } from '@capfkit/codec/run'
import fc from 'fast-check'
import t from 'tap'
import { PhoneLog } from '../src/live/phone-log.ts'
import { timelineFrames } from '../src/live/timeline-frames.ts'
import { RecentEnds } from '../src/recording/recent-ends.ts'
import { operationOf, STARTED_MS, writeRun } from './written-run.ts'

const recordOf = (phone: number, change: Partial<RunRecord<'Operation'>> = {}): RunRecord<'Operation'> => {
  const { kind: _, ...record } = operationOf(phone, change) as RunRecord<'Operation'> & { kind: string }
  return record
}

const FAILURE = { side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', detail: 'why', frames: [] }
const never = new AbortController().signal
const SEP7 = 'SEP000000000007'

t.test('of a second only the newest are told, and those that failed are not crowded out', async t => {
  const recent = new RecentEnds()
  for (let phone = 0; phone < 1000; phone++)
    recent.add(recordOf(phone, { startMs: phone, ...(phone === 500 ? { failure: FAILURE } : {}) }))
  const taken = recent.take()
  t.ok(taken.length < 100)
  t.ok(
    taken.some(({ phone }) => phone === 500),
    'the one that failed',
  )
  t.equal(taken.at(-1)?.phone, 999, 'in their order')
  t.strictSame(recent.take(), [], 'each once')
})

t.test('without a recording the last operations are in memory, a bounded number', async t => {
  const log = new PhoneLog({ phaseNames: () => ['install'] })
  for (let round = 0; round < 100; round++) {
    const operations = Array.from({ length: 60 }, (_, phone) => recordOf(phone, { round, startMs: round * 1000 + phone }))
    log.hear({ startedMs: STARTED_MS, operations: [...operations, recordOf(99, { startMs: round * 1000, failure: FAILURE })] })
  }
  const { last, failed } = log.recent()
  t.equal(last[0]?.deviceName, 'SEP000000000099', 'the newest first')
  t.equal(failed[0]?.failure?.reason, 'PHONE_TLS_FAILED')
  t.ok(last.length <= 50 && failed.length <= 50)
  const { from, isPart, operations } = await log.phone(SEP7, never)
  t.strictSame([from, isPart], ['memory', true])
  t.ok(operations.length > 0 && operations.length < 20)
  t.equal(operations.at(-1)?.startedAtMs, STARTED_MS + 99_007)
  t.strictSame((await log.phone('SEP_NOBODY', never)).operations, [])
})

t.test('with a recording there is every operation of the phone', async t => {
  const operations = Array.from({ length: 50 }, (_, phone) => ({ startMs: phone, phases: [0, 1], phasesMs: [1.5, 2.5] }))
  const folder = writeRun(`${t.testdir()}/run`, { operations, parts: 3, footer: false })
  const log = new PhoneLog({ folder, phaseNames: () => [] })
  const { from, isPart, operations: found } = await log.phone(SEP7, never)
  t.strictSame([from, isPart, found.length], ['recording', false, 1])
  t.match(found[0], {
    ...{ deviceName: SEP7, phaseName: 'install', operation: 'install', startedAtMs: STARTED_MS + 7 },
    stretches: [
      { name: 'connect', ms: 1.5 },
      { name: 'tls', ms: 2.5 },
    ],
  })
})

t.test('who goes away is not searched for any longer', async t => {
  const folder = writeRun(`${t.testdir()}/run`, { operations: [{}], footer: false })
  await t.rejects(new PhoneLog({ folder, phaseNames: () => [] }).phone(SEP7, AbortSignal.abort()), { name: 'AbortError' })
})

t.test('the frames of a failed operation are messages with their elements', async t => {
  const bytes = encode({ name: 'END_SESSION', sessionId: 7, reason: 3 })
  const frames = timelineFrames([
    { fromClient: false, atMs: 1, data: bytes.subarray(0, 5) },
    { fromClient: false, atMs: 2, data: bytes.subarray(5) },
    { fromClient: true, atMs: 3, data: Buffer.from('GET / HTTP/1.1') },
  ])
  t.match(frames, [
    { from: 'server', name: 'part of a message', elements: [], bytes: 5 },
    {
      from: 'server',
      name: 'END_SESSION',
      elements: [
        { name: 'sessionId', value: '7' },
        { name: 'reason', value: '3' },
      ],
    },
    { from: 'client', name: 'no message', hex: /^47455420/ },
  ])
})

t.test('whatever was on the wire is told, in bounded words', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 3000 })), { maxLength: 6 }), writes => {
      const frames = timelineFrames(writes.map(([fromClient, data]) => ({ fromClient, atMs: 0, data })))
      return (
        frames.length === writes.length &&
        frames.every(({ hex, bytes, elements }, index) => {
          const isShort = hex.length <= 1024 && elements.every(({ value }) => value.length < 400)
          return isShort && bytes === writes[index]![1].length
        })
      )
    }),
  )
})
