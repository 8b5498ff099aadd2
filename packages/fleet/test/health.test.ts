import t from 'tap'
import { HEALTH_LIMITS, type HealthFacts, judgeHealth } from '../src/health/limits.ts'
import { isLagged, LAG_MS, LoopLag } from '../src/health/loop-lag.ts'
import { roomOf } from '../src/health/room.ts'
import { fuller } from '../src/process-health.ts'

const WELL: HealthFacts = {
  isScheduled: true,
  started: 100,
  lateStarts: 0,
  samples: 100,
  laggedSamples: 0,
  cpuShare: 0.5,
  eventLoopDelayP99Ms: 3,
  openFilesShare: 0.1,
  portsShare: 0.1,
  memoryShare: 0.5,
  failed: {},
}

const notOk = (facts: Partial<HealthFacts>) =>
  judgeHealth({ ...WELL, ...facts }).filter(({ verdict }) => verdict !== 'ok' && verdict !== 'unknown')

t.test('a generator that is well is ok by every row', async t => {
  const findings = judgeHealth(WELL)
  t.strictSame(
    findings.map(({ name, verdict }) => [name, verdict]),
    Object.keys(HEALTH_LIMITS).map(name => [name, 'ok']),
  )
})

t.test('each row is crossed by what it is about, and by nothing else', async t => {
  const cases: [what: string, facts: Partial<HealthFacts>, expected: [name: string, verdict: string, because: RegExp][]][] = [
    ['at the limit of late starts', { lateStarts: 5 }, []],
    ['late starts', { lateStarts: 6 }, [['lateStarts', 'invalid', /6 of 100 starts came too late/]]],
    ['samples beside lags', { laggedSamples: 11 }, [['laggedSamples', 'invalid', /11 of 100 latencies are partly its own/]]],
    ['the same without a schedule', { laggedSamples: 11, isScheduled: false }, [['laggedSamples', 'warning', /11 of 100/]]],
    ['a core that is used up', { cpuShare: 0.97 }, [['cpu', 'warning', /97 % of a core/]]],
    ['a slow event loop', { eventLoopDelayP99Ms: LAG_MS + 1 }, [['eventLoopDelay', 'warning', /101 ms late/]]],
    ['ports', { portsShare: 0.95 }, [['ports', 'warning', /95 % of the source ports/]]],
    ['descriptors', { openFilesShare: 0.95 }, [['openFiles', 'warning', /95 % of its file descriptors/]]],
    ['memory', { memoryShare: 0.99 }, [['memory', 'warning', /99 % of the memory/]]],
    [
      'out of ports without a schedule',
      { failed: { PHONE_NO_LOCAL_PORT: 3 }, isScheduled: false },
      [['portsExhausted', 'invalid', /ran out of source ports: 3 operations/]],
    ],
    [
      'out of descriptors, in a session and in a boot',
      { failed: { PHONE_NO_RESOURCES: 2, BOOT_NO_RESOURCES: 1 } },
      [['filesExhausted', 'invalid', /ran out of file descriptors or memory: 3 operations/]],
    ],
  ]
  for (const [what, facts, expected] of cases) {
    const found = notOk(facts)
    t.equal(found.length, expected.length, what)
    for (const [index, [name, verdict, because]] of expected.entries()) {
      t.match(found[index], { name, verdict, because, remedy: /\w+/ }, what)
    }
  }
})

t.test('what a system does not say is not held against it', async t => {
  const findings = judgeHealth({ ...WELL, portsShare: undefined, openFilesShare: undefined, memoryShare: undefined })
  t.strictSame(
    findings.flatMap(({ name, verdict }) => (verdict === 'unknown' ? [name] : [])),
    ['ports', 'openFiles', 'memory'],
  )
})

t.test('a lag counts when a turn of the event loop came late, also while it lasts', async t => {
  let nowMs = 0
  const lag = new LoopLag({ now: () => nowMs })
  t.equal(lag.totalMs, 0, 'before it is started')
  lag.start()
  nowMs = 25
  lag.look()
  nowMs = 130
  lag.look()
  t.equal(lag.totalMs, 0, 'turns of 25 and 105 ms: none is late by more than the limit')
  nowMs = 380
  t.equal(lag.totalMs, 240, 'a turn of 250 ms, not over yet')
  lag.look()
  nowMs = 400
  t.equal(lag.totalMs, 240, 'and counted once')
  lag.stop()
  nowMs = 9000
  t.equal(lag.totalMs, 240, 'nothing is added when it is stopped')
  lag.start()
  nowMs = 9030
  lag.look()
  lag.stop()
  t.equal(Math.round(lag.delays.percentile(100)), 240, 'nor is the time in which it was stopped a delay')
})

t.test('a real event loop that stands still is seen', async t => {
  const lag = new LoopLag()
  lag.start()
  const untilMs = performance.now() + 300
  while (performance.now() < untilMs);
  const seen = lag.totalMs
  lag.stop()
  t.ok(seen >= 250, `${seen} ms`)
})

t.test('a latency is lagged when the lag is a part of it that matters', async t => {
  t.equal(isLagged({ latencyMs: 1000, lagMs: 50 }), false)
  t.equal(isLagged({ latencyMs: 1000, lagMs: 51 }), true)
  t.equal(isLagged({ latencyMs: 5, lagMs: 0 }), false)
})

t.test(
  'what is in use is a share of what there is',
  { skip: process.platform === 'linux' ? false : 'the figures are of Linux' },
  async t => {
    const none = (await roomOf({ processes: 2, addresses: 0 })).used(0)
    t.equal(none.portsShare, 0)
    t.ok(none.memoryShare! > 0 && none.memoryShare! < 1, `${none.memoryShare}`)
    const one = (await roomOf({ processes: 1, addresses: 0 })).used(1000)
    const two = (await roomOf({ processes: 2, addresses: 0 })).used(1000)
    const spread = (await roomOf({ processes: 2, addresses: 4 })).used(1000)
    t.equal(two.portsShare, 2 * one.portsShare!, 'two processes take from the same ports')
    t.equal(spread.portsShare, one.portsShare, 'of four addresses each process has two of its own')
    t.strictSame(fuller({ portsShare: 0.5 }, { portsShare: 0.2, memoryShare: 0.1 }), { portsShare: 0.5, memoryShare: 0.1 })
  },
)
