import { PHASES, type Phase } from '@capfkit/phone'
import fc from 'fast-check'
import t from 'tap'
import { FLEET_PHASES } from '../src/phases.ts'
import { type Counted, Tally } from '../src/tally.ts'
import { range } from './fleet-options.ts'

const SIDES = ['server', 'client', 'network', 'generator'] as const
const PHASE_NAMES = Object.keys(PHASES) as Phase[]
const ms = fc.double({ min: 0, max: 100_000, noNaN: true })

const failure = fc.record({
  side: fc.constantFrom(...SIDES),
  phase: fc.constantFrom(...PHASE_NAMES),
  reason: fc.constantFrom('PHONE_REFUSED', 'PHONE_TLS_TIMEOUT', 'PHONE_BUSY'),
})

const counted: fc.Arbitrary<Counted> = fc.record({
  scheduledMs: ms,
  actualMs: ms,
  phasesMs: fc.dictionary(fc.constantFrom(...PHASE_NAMES), ms),
  operation: fc.constantFrom('install', 'delete', 'troubleshoot'),
  failure: fc.option(failure, { nil: undefined }),
})

const tallyOf = (sessions: readonly Counted[]) => {
  const tally = new Tally()
  for (const session of sessions) {
    tally.started++
    tally.record(session)
  }
  return tally
}

/** Everything that a tally says, in an order of its own. */
const said = (tally: Tally) => {
  const { failures, operations, ...rest } = tally.encode()
  const byWords = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b))
  return JSON.stringify({ ...rest, failures: failures.sort(byWords), operations: Object.entries(operations).sort() })
}

const DONE: Counted = { scheduledMs: 12, actualMs: 10, phasesMs: { tls: 4 }, operation: 'install', failure: undefined }
const REFUSED = { side: 'server', phase: 'auth', reason: 'PHONE_REFUSED' } as const

t.test('tallies of several processes add up to the tally of all sessions', async t => {
  fc.assert(
    fc.property(fc.array(fc.array(counted, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), parts => {
      const sum = new Tally()
      // As between processes: encoded by one, decoded by the other.
      for (const part of parts) sum.add(Tally.decode(structuredClone(tallyOf(part).encode())))
      return said(sum) === said(tallyOf(parts.flat()))
    }),
    { numRuns: 40 },
  )
  t.pass('exact')
})

t.test('a time is recorded once in its phase', async t => {
  for (const phase of FLEET_PHASES) t.equal(tallyOf([{ ...DONE, phasesMs: { [phase]: 1 } }]).phases[phase].count, 1, phase)
})

t.test('a latency that is partly that of the generator is counted, and counts all the same', async t => {
  const tally = tallyOf([DONE, { ...DONE, lagMs: 0.4 }, { ...DONE, lagMs: 200 }, { ...DONE, lagMs: 200, failure: REFUSED }])
  t.match(tally, { done: 3, laggedSamples: 1, actual: { count: 3 } })
  t.equal(Tally.decode(tally.encode()).laggedSamples, 1)
})

t.test('a session that was done counts in latency, phases and operations', async t => {
  const tally = tallyOf([DONE, { ...DONE, operation: 'delete', phasesMs: {} }])
  t.match(tally, { started: 2, done: 2, failed: 0 })
  t.strictSame(Object.fromEntries(tally.operations), { install: 1, delete: 1 })
  t.strictSame([tally.scheduled.count, tally.actual.count, tally.phases.tls.count, tally.phases.auth.count], [2, 2, 1, 0])
  t.ok(tally.scheduled.percentile(50) > tally.actual.percentile(50))
})

t.test('a failure counts by side, phase and reason, and its time does not count as latency', async t => {
  const tally = tallyOf([
    { ...DONE, failure: REFUSED },
    { ...DONE, failure: REFUSED },
    { ...DONE, failure: { ...REFUSED, phase: 'end' } },
  ])
  t.match(tally, { started: 3, done: 0, failed: 3 })
  t.strictSame(
    [...tally.failures.values()],
    [
      { ...REFUSED, count: 2 },
      { ...REFUSED, phase: 'end', count: 1 },
    ],
  )
  t.equal(tally.actual.count + tally.phases.tls.count, 0)
})

t.test('adding leaves what was added as it was', async t => {
  const [sum, part] = [tallyOf([{ ...DONE, failure: REFUSED }]), tallyOf([{ ...DONE, failure: REFUSED }, DONE])]
  const before = said(part)
  sum.add(part)
  sum.add(part)
  t.equal(said(part), before)
  t.match(sum, { started: 5, done: 2, failed: 3 })
})

t.test('what goes between processes does not grow with the number of sessions', async t => {
  const session = (index: number): Counted => ({
    ...DONE,
    scheduledMs: (index * 7919) % 5000,
    actualMs: (index * 104_729) % 5000,
    failure: index % 3 === 0 ? { ...REFUSED, phase: PHASE_NAMES[index % PHASE_NAMES.length]! } : undefined,
  })
  const size = (count: number) => JSON.stringify(tallyOf(range(count).map(session)).encode()).length
  const [some, many] = [size(20_000), size(200_000)]
  t.ok(many < 1.5 * some, `${some} and ${many} bytes`)
})
