import t from 'tap'
import type { ClientHealth } from '../src/client-messages.ts'
import type { FleetOptions } from '../src/options.ts'
import { type SummaryInput, summarize } from '../src/summary.ts'
import { type Failure, Tally } from '../src/tally.ts'
import { fleetOptions, range } from './fleet-options.ts'

const refused: Failure = { side: 'server', phase: 'auth', reason: 'PHONE_REFUSED', count: 1 }
const noAnswer: Failure = { side: 'server', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED', count: 1 }
const noPort: Failure = { side: 'generator', phase: 'connect', reason: 'PHONE_NO_LOCAL_PORT', count: 1 }
const noCredential: Failure = { side: 'client', phase: 'connect', reason: 'PHONE_NO_CREDENTIAL', count: 1 }

const tallyOf = ({ done = 0, failures = [] as Failure[], lateStarts = 0 }) => {
  const tally = new Tally()
  const counted = { scheduledMs: 20, actualMs: 10, phasesMs: { tls: 5 }, operation: 'install' }
  for (const _ of range(done)) tally.record({ ...counted, failure: undefined })
  for (const { count, ...failure } of failures) for (const _ of range(count)) tally.record({ ...counted, failure })
  tally.started = done + tally.failed
  tally.lateStarts = lateStarts
  return tally
}

const health: ClientHealth = {
  cpuMs: 60,
  eventLoopDelayMs: { p99: 3, max: 9 },
  memoryBytes: 1e6,
  keysPooled: 0,
  keysGenerated: 0,
  runMs: 2000,
  fullest: { portsShare: 0.1, openFilesShare: 0.2, memoryShare: 0.3 },
}

type Given = Partial<Omit<SummaryInput, 'options' | 'tally'>> & {
  options?: Partial<FleetOptions>
  tally?: Parameters<typeof tallyOf>[0]
}

const summaryOf = ({ options = {}, tally = {}, ...given }: Given = {}) => {
  const counted = tallyOf(tally)
  const { done, failed } = counted
  return summarize({
    options: fleetOptions(options),
    phones: 100,
    planned: done + failed,
    target: { host: '127.0.0.1', port: 3804 },
    tally: counted,
    rounds: [{ operation: 'install', done, failed, seconds: 2, generatorCpuMs: 60 }],
    health: [health],
    poolSize: 0,
    isLoopback: true,
    isScheduled: (options.rate ?? 0) > 0,
    stopped: false,
    server: undefined,
    ...given,
  })
}

t.test('verdicts', async t => {
  const mayFail = { name: 'failed', wanted: '<= 5%', got: '5%', ok: true, says: 'failures' } as const
  const five = { ...refused, count: 5 }
  const cases: [what: string, given: Given, expected: object][] = [
    ['all done', { tally: { done: 100 } }, { verdict: 'pass', because: [] }],
    ['one failed of a hundred, none may', { tally: { done: 99, failures: [refused] } }, { verdict: 'fail' }],
    ['five of a hundred, 5 % may', { options: { maxFailed: '5%' }, tally: { done: 95, failures: [five] } }, { verdict: 'pass' }],
    [
      'five of 99, 5 % may',
      { options: { maxFailed: '5%' }, tally: { done: 94, failures: [five] } },
      { verdict: 'fail', because: ['5 of 99 operations failed, and --max-failed is 5%'] },
    ],
    [
      'five of 100, none may by default, and a threshold allows them',
      { tally: { done: 95, failures: [five] }, thresholds: [mayFail] },
      { verdict: 'pass', tooManyFailed: false, because: [] },
    ],
    [
      'five of 100, and a threshold allows failures in windows',
      { tally: { done: 95, failures: [five] }, thresholds: [{ ...mayFail, name: 'failed over 5s' }] },
      { verdict: 'pass' },
    ],
    [
      'five of 100, and a threshold is about those of the network only',
      { tally: { done: 95, failures: [five] }, thresholds: [{ ...mayFail, name: 'failed(network)' }] },
      { verdict: 'fail', because: ['5 of 100 operations failed, and --max-failed is 0%'] },
    ],
    [
      'a failure of the generator, whatever may fail',
      { options: { maxFailed: '100%' }, tally: { done: 99, failures: [noPort] } },
      { verdict: 'invalid', because: [/^the generator ran out of source ports: 1 operations failed in it; .*--source-addresses/] },
    ],
    [
      'six late starts of a hundred, by rate',
      { options: { rate: 50 }, tally: { done: 100, lateStarts: 6 } },
      { verdict: 'invalid', because: [/^the generator lagged behind its schedule: 6 of 100 starts came too late; .*--processes/] },
    ],
    ['five late starts of a hundred', { options: { rate: 50 }, tally: { done: 100, lateStarts: 5 } }, { verdict: 'pass' }],
    ['late starts without a schedule', { tally: { done: 100, lateStarts: 90 } }, { verdict: 'pass' }],
    [
      'invalid comes before failed',
      { options: { rate: 50 }, tally: { done: 50, failures: [{ ...refused, count: 50 }], lateStarts: 50 } },
      { verdict: 'invalid', because: { length: 1 } },
    ],
    [
      'stopped',
      { stopped: true, planned: 250, tally: { done: 99, failures: [refused] } },
      { verdict: 'fail', stopped: true, because: ['the run was stopped: 150 of 250 operations were not started'] },
    ],
    [
      'nobody answered',
      { planned: 100, tally: { failures: [{ ...noAnswer, count: 60 }] } },
      {
        verdict: 'fail',
        unreachable: true,
        because: ['nothing answers at 127.0.0.1:3804: gave up after 60 of 100 operations'],
      },
    ],
    ['an answer, then none', { tally: { done: 1, failures: [noAnswer] } }, { verdict: 'fail', unreachable: false }],
    ['phones without credentials', { tally: { failures: [noCredential] } }, { verdict: 'fail', unreachable: false }],
    ['nobody was asked', { tally: {} }, { verdict: 'pass', unreachable: false }],
    [
      'operations that nobody counted',
      { planned: 101, tally: { done: 100 } },
      { verdict: 'invalid', because: [/^101 operations were planned and 100 counted/] },
    ],
  ]
  for (const [what, given, expected] of cases) t.match(summaryOf(given), expected, what)
})

t.test('the object has at least the keys that are promised', async t => {
  const summary = summaryOf({ tally: { done: 10 } })
  const promised = ['version', 'seed', 'verdict', 'phones', 'done', 'failed', 'failures', 'ratePerSecond', 'latencyMs', 'phases']
  for (const key of [...promised, 'generator']) t.ok(key in summary, key)
  const percentiles = { p50: Number, p90: Number, p99: Number, p999: Number, max: Number }
  t.match(summary.latencyMs, { scheduled: percentiles, actual: percentiles })
  t.match(summary, { version: 1, seed: 1, phases: { tls: percentiles } })
  t.strictSame(Object.keys(summary.phases), ['tls'], 'phases that nobody was in are left out')
  t.strictSame(JSON.parse(JSON.stringify(summary)), summary, 'it is plain data')
})

t.test('the rate is that of what was done, over the rounds alone', async t => {
  const round = { operation: 'install', done: 30, failed: 10, seconds: 1.5, generatorCpuMs: 80 }
  const summary = summaryOf({
    tally: { done: 60, failures: [{ ...refused, count: 20 }] },
    rounds: [
      { ...round, serverCpuMs: 100 },
      { ...round, serverCpuMs: 60 },
    ],
    server: { processes: 2, memoryBytes: 5e6 },
  })
  t.match(summary, { done: 60, failed: 20, seconds: 3, ratePerSecond: 20 })
  t.match(summary.generator, { cpuMs: 160, cpuMsPerOperation: 2 })
  t.match(summary.server, { processes: 2, cpuMs: 160, cpuMsPerOperation: 2, memoryBytes: 5e6 })
})

t.test('nothing done in no time is a rate of 0', async t => {
  t.match(summaryOf({ rounds: [] }), { seconds: 0, ratePerSecond: 0, latencyMs: { actual: { count: 0, max: 0 } } })
})

t.test('the most frequent failures come first', async t => {
  const { failures } = summaryOf({ tally: { failures: [refused, { ...noAnswer, count: 3 }, { ...noPort, count: 2 }] } })
  t.strictSame(
    failures.map(({ count }) => count),
    [3, 2, 1],
  )
})

t.test('processes are added up, of the event loop the worst counts', async t => {
  const { generator } = summaryOf({ health: [health, { ...health, eventLoopDelayMs: { p99: 7, max: 8 } }] })
  t.match(generator, { processes: 2, memoryBytes: 2e6, eventLoopDelayMs: { p99: 7, max: 9 }, loopback: true })
})

t.test('it is said where keys come from', async t => {
  const note = (keysPooled: number, keysGenerated: number, poolSize = 0) =>
    summaryOf({ health: [{ ...health, keysPooled, keysGenerated }], poolSize }).keys.note
  t.equal(note(0, 0), 'none were needed')
  t.equal(note(0, 12), '12 keys, each generated for its phone')
  t.equal(note(100, 0, 128), '100 keys from a pool of 128')
  t.equal(note(129, 0, 128), '129 keys from a pool of 128, reused up to 2 times')
  t.equal(note(300, 4, 100), '300 keys from a pool of 100, reused up to 3 times; 4 generated')
})

t.test('a threshold that is missed makes the run fail, each with what was wanted and what came of it', async t => {
  const met = { name: 'failed', wanted: '<= 0%', got: '0%', ok: true, says: 'failures' } as const
  const missed = { name: 'p99 over 10s', wanted: '< 1s', got: '1.2s', ok: false, says: 'figures' } as const
  const tally = { done: 100 }
  t.match(summaryOf({ tally, thresholds: [met] }), { verdict: 'pass', because: [], thresholds: [met], tooManyFailed: false })
  t.match(summaryOf({ tally, thresholds: [met, missed] }), {
    verdict: 'fail',
    because: ['p99 over 10s was to be < 1s, and is 1.2s'],
    thresholds: [met, missed],
  })
  const ended = summaryOf({ tally, thresholds: [missed], broken: 'p99 < 1s over 10s abort', planned: 500 })
  t.match(ended, { verdict: 'fail', stopped: false })
  t.match(ended.because, [/^the run was ended by its threshold p99 < 1s over 10s abort$/, /^p99 over 10s was to be/])
  const refusedToo = summaryOf({ tally: { done: 100, failures: [refused] }, thresholds: [missed] })
  t.match(refusedToo, { verdict: 'fail', tooManyFailed: true })
  t.equal(refusedToo.because.length, 2)
})
