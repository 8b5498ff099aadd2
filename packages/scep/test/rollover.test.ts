import { parseOptions } from '@capfkit/codec/options'
import fc from 'fast-check'
import t from 'tap'
import {
  DAY_MS,
  type FleetOfClients,
  HttpLimits,
  lastCertificate,
  planRollover,
  ROLLOVER_OPTIONS,
  type RolloverTimers,
  readIosConfig,
  simulateRollover,
  windowsOf,
} from '../src/index.ts'

const timers: fc.Arbitrary<RolloverTimers> = fc.record({
  caDays: fc.integer({ min: 1, max: 7305 }),
  certificateDays: fc.integer({ min: 1, max: 7305 }),
  overlapDays: fc.option(fc.integer({ min: 0, max: 1825 }), { nil: undefined }),
  renewPercent: fc.integer({ min: 1, max: 100 }),
})

t.test(
  'the last certificate of a client is the one that the end of the CA certificate cuts short, and the question lies in its life',
  async t => {
    fc.assert(
      fc.property(timers, fc.double({ min: 0, max: 0.999, noNaN: true }), (given, share) => {
        const caMs = given.caDays * DAY_MS
        const { issuedMs, asksMs } = lastCertificate(given, share * caMs)
        return issuedMs + given.certificateDays * DAY_MS >= caMs - 1 && issuedMs < caMs && asksMs >= issuedMs && asksMs <= caMs + 1
      }),
    )
    t.pass()
  },
)

t.test('with the smallest overlap nobody asks too early, whenever it enrolled; with a day less somebody does', async t => {
  fc.assert(
    fc.property(timers, fc.double({ min: 0, max: 0.999, noNaN: true }), (given, share) => {
      const { smallestOverlapDays } = windowsOf(given)
      if (smallestOverlapDays === undefined) return true
      const cured = { ...given, overlapDays: smallestOverlapDays }
      const isCured = windowsOf(cured, share * given.caDays).refusedDays < 1e-6
      return isCured && (smallestOverlapDays === 0 || windowsOf({ ...given, overlapDays: smallestOverlapDays - 1 }).refusedDays > 0)
    }),
  )
  t.pass()
})

const fleets: fc.Arbitrary<FleetOfClients> = fc.record({
  timers: timers.map(given => ({
    ...given,
    caDays: Math.min(given.caDays, 60),
    certificateDays: Math.min(given.certificateDays, 40),
  })),
  clients: fc.integer({ min: 1, max: 3000 }),
  enrolledOnDay: fc.constant(0),
  enrolledOverDays: fc.integer({ min: 0, max: 1 }),
  retryMinutes: fc.integer({ min: 1, max: 60 }),
  retryCount: fc.constantFrom(0, 0, 1, 5, 100),
  maxConnections: fc.integer({ min: 1, max: 16 }),
  answerMs: fc.constantFrom(1, 40, 5000),
})

t.test('every question has one outcome, every client one end, and no minute more than the server hears', async t => {
  fc.assert(
    fc.property(fleets, fleet => {
      const { hours, asked, refused, unheard, served, gaveUp, leftBehind } = simulateRollover(fleet)
      const sum = (name: 'asked' | 'refused' | 'unheard' | 'served') => hours.reduce((total, hour) => total + hour[name], 0)
      return (
        asked === refused + unheard + served &&
        served + gaveUp + leftBehind === fleet.clients &&
        sum('asked') === asked &&
        sum('served') === served &&
        sum('refused') === refused &&
        sum('unheard') === unheard &&
        // A minute begins when somebody comes: 61 may begin in an hour.
        hours.every(hour => hour.refused + hour.served <= 61 * 80)
      )
    }),
    { numRuns: 60 },
  )
  t.pass()
})

const SEED = { caDays: 1825, certificateDays: 600, overlapDays: 30, renewPercent: 70 } as const
const one = {
  timers: SEED,
  clients: 1,
  enrolledOnDay: 1225,
  enrolledOverDays: 0,
  retryMinutes: 60,
  retryCount: 0,
  maxConnections: 16,
  answerMs: 40,
}

t.test('one client asks once in each retry period, and is served with the first question after the shadow certificate', async t => {
  t.match(simulateRollover(one), { asked: 150 * 24 + 1, refused: 150 * 24, served: 1, lastServedMs: 1795 * DAY_MS })
})

t.test('a client that has used up its retries asks no more', async t => {
  t.match(simulateRollover({ ...one, retryCount: 10 }), { asked: 11, refused: 11, gaveUp: 1, served: 0, leftBehind: 0 })
})

t.test('a million clients are one list of hours', async t => {
  const { hours, served } = simulateRollover({
    ...one,
    clients: 1_000_000,
    enrolledOverDays: 30,
    timers: { ...SEED, overlapDays: 178 },
  })
  t.equal(served, 1_000_000)
  t.ok(hours.length < 40 * 24, `${hours.length} hours`)
})

t.test(
  'the HTTP server hears 80 in a minute, nobody for 15 seconds after the next one, and no more at a time than it has connections',
  async t => {
    const limits = new HttpLimits()
    const heard = (atMs: number, count: number) => limits.take({ atMs, count })
    t.equal(heard(0, 80), 80)
    t.equal(heard(30_000, 1), 0, 'the 81st of the minute')
    t.equal(heard(44_999, 1), 0, 'deaf')
    t.equal(heard(46_000, 1), 0, 'still the same minute: deaf again')
    t.equal(heard(60_500, 1), 0)
    t.equal(heard(61_000, 100), 80, 'another minute')
    t.equal(new HttpLimits({ maxConnections: 5, answerMs: 3_000 }).take({ atMs: 0, count: 100, overMs: 15_000 }), 25)
  },
)

const planOf = (given: Record<string, unknown>, text = 'auto-enroll 70\nlifetime certificate 10') =>
  planRollover(readIosConfig(text), { options: parseOptions(ROLLOVER_OPTIONS, given), now: new Date('2026-11-21') })

t.test('contradictions are told together, with the line where they stand in the configuration', async t => {
  const text =
    'crypto pki server a\nlifetime ca-certificate 100\nauto-rollover 100\ncrypto pki trustpoint t\nenrollment retry period 1'
  t.throws(() => planOf({ caUntil: '2026-11-20' }, text), {
    name: 'SettlingError',
    problems: [
      { code: 'CONFIG_CONTRADICTION', line: 3, sentence: /no shorter than the life of the CA certificate, 100 days/ },
      { code: 'CONFIG_MISSING', line: undefined, sentence: /no "auto-enroll"/ },
      { code: 'CONFIG_OUT_OF_RANGE', sentence: /2026-11-20 is past/ },
    ],
  })
  t.throws(() => planOf({ caUntil: '2027-02-31' }), /wants a date such as/)
  t.throws(() => planOf({ enrolledOnDay: 1090, enrolledOverDays: 10 }), /after the end of the CA certificate, day 1095/)
  t.throws(() => planOf({ trustpoint: 'x' }, 'crypto pki trustpoint t\nauto-enroll 70'), /there is no such trustpoint; there are t/)
})

t.test('of several servers or trustpoints one must be named; those that enrol nobody do not count', async t => {
  const text =
    'crypto pki server a\ncrypto pki trustpoint a\ncrypto pki trustpoint t\nauto-enroll 70\ncrypto pki server b\nlifetime certificate 5'
  t.throws(() => planOf({}, text), /several: a, b; say which with --pki-server/)
  t.match(planOf({ pkiServer: 'b' }, text), { server: 'b', trustpoint: 't', fleet: { timers: { certificateDays: 5 } } })
})

t.test('where no overlap cures it, that is said', async t => {
  t.match(planOf({ renewPercent: 10, certificateDays: 3000, caDays: 3000, retryCount: 1 }), {
    windows: { smallestOverlapDays: undefined },
    cure: undefined,
  })
  t.match(planOf({ renewPercent: 100 }), {
    windows: { smallestOverlapDays: undefined },
    simulation: { asked: 0, leftBehind: 1000 },
  })
})
