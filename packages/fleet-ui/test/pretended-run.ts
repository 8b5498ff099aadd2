import type { LiveSnapshot, PhoneSource, TimelineOperation } from '@capfkit/fleet/live'
import type { RunControl } from '../src/index.ts'

/** A name that a page must show and not run. */
export const HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>'

const STRETCHES = ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end']

const wave = (second: number, period: number) => Math.sin((2 * Math.PI * second) / period)

/** A run that is not there, at one of its seconds. */
export const snapshotAt = (second: number, control: RunControl['state'] = new PretendedControl().state): LiveSnapshot => {
  const rate = 420 + 60 * wave(second, 23) + 25 * wave(second, 7)
  const p50 = 38 + 6 * wave(second, 17)
  const p99 = 95 + 40 * wave(second, 31) + (second > 60 && second < 68 ? 300 : 0)
  const failed = second > 62 ? Math.min(14, second - 62) : 0
  return {
    version: 1,
    atMs: 1_700_000_000_000 + 1000 * second,
    seconds: second,
    state: control.stopping ? 'stopping' : control.draining ? 'draining' : control.paused ? 'paused' : 'running',
    control,
    stage: 'reboot storm',
    run: { target: '192.0.2.1:3804', seed: 42, phones: 50_000, startedAtMs: 1_700_000_000_000 },
    phases: [
      { name: 'install', total: 50_000, ended: 50_000 },
      { name: 'reboot storm', total: 50_000, ended: Math.round(420 * second) },
      { name: 'soak', ended: 0 },
    ],
    phase: 1,
    figures: {
      started: 50_000 + Math.round(425 * second),
      done: 50_000 + Math.round(420 * second),
      failed,
      lateStarts: Math.round(second / 3),
      skipped: 0,
      inFlight: Math.round(32 + 8 * wave(second, 11)),
      startedPerSecond: rate + 8 * wave(second, 3),
      donePerSecond: rate,
      failedPerSecond: second > 62 && second < 76 ? 1 : 0,
      factor: control.paused ? 0 : control.factor,
      ...{
        scheduledP50Ms: p50 + 1,
        scheduledP90Ms: p50 * 1.7,
        scheduledP99Ms: p99,
        actualP50Ms: p50,
        actualP90Ms: p50 * 1.6,
        actualP99Ms: p99 * 0.8,
      },
      ...{
        scheduledRunP50Ms: 39,
        scheduledRunP90Ms: 66.1,
        scheduledRunP99Ms: 131,
        actualRunP50Ms: 38.2,
        actualRunP90Ms: 61,
        actualRunP99Ms: 109,
      },
      ...{
        processes: 2,
        cpuShare: 0.61,
        eventLoopDelayP99Ms: 9 + 4 * wave(second, 13),
        eventLoopDelayMaxMs: 22 + 9 * wave(second, 5),
        memoryBytes: 231e6,
      },
    },
    failures:
      failed === 0
        ? []
        : [
            { side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', count: failed },
            { side: 'network', phase: 'connect', reason: HOSTILE, count: 1 },
          ],
    otherFailures: 0,
    disturbances: [{ fault: 'stall', outcome: 'closed', count: Math.round(second / 9) }],
    stretches: STRETCHES.map((phase, index) => {
      const p = (factor: number) => ((index * 7) % 11) * factor + 0.2
      return { phase, last: { p50: p(0.8), p90: p(1.9), p99: p(4.4) }, run: { p50: p(0.7), p90: p(1.8), p99: p(4.1) } }
    }),
    processes: [0, 1].map(process => ({
      process,
      cpuShare: 0.61 - process * 0.08,
      eventLoopDelayP99Ms: 9.4,
      eventLoopDelayMaxMs: 31,
      memoryBytes: 115e6,
    })),
    thresholds: [
      { sentence: 'p99 of the latency from the scheduled start at most 200 ms', value: `${Math.round(p99)} ms`, holds: p99 < 200 },
      { sentence: 'failed operations at most 0.1 %', value: '0.02 %', holds: true },
    ],
    warnings: second > 70 ? ['6 % of the starts came too late: the generator does not keep its schedule'] : [],
  }
}

const operation = (deviceName: string, phase: number): TimelineOperation => ({
  deviceName,
  phase,
  phaseName: ['install', 'reboot storm'][phase]!,
  operation: 'install',
  startedAtMs: 1_700_000_012_500 + 60_000 * phase,
  lateMs: 2.25 * phase,
  totalMs: 88,
  stretches: STRETCHES.map((name, index) => ({ name, ms: [2, 24, 0.2, 6, 31, 19, 0.4, 5.4][index]! })),
})

const failedOperation: TimelineOperation = {
  ...operation(HOSTILE, 1),
  stretches: [
    { name: 'connect', ms: 2.1 },
    { name: 'tls', ms: 41 },
    { name: 'auth', ms: 44.9 },
  ],
  failure: {
    side: 'server',
    phase: 'auth',
    reason: 'PHONE_ENDED_BY_SERVER',
    detail: `the server ended the session with reason 3 ${HOSTILE}`,
    frames: [
      {
        from: 'server',
        atMs: 43.2,
        name: 'AUTH_REQUEST',
        elements: [
          { name: 'version', value: '1' },
          { name: 'authMode', value: HOSTILE },
        ],
        hex: '0100000c00000007070001010800010a',
        bytes: 16,
      },
      {
        from: 'client',
        atMs: 44.9,
        name: 'AUTH_RESPONSE',
        elements: [{ name: 'deviceName', value: HOSTILE }],
        hex: '0200',
        bytes: 900,
      },
    ],
  },
}

export const pretendedPhones: PhoneSource = {
  recent: () => ({
    last: Array.from({ length: 9 }, (_, index) => operation(`SEP0200000000${10 + index}`, 1)),
    failed: [failedOperation],
  }),
  phone: async deviceName => ({
    deviceName,
    from: 'memory',
    isPart: true,
    operations:
      deviceName === HOSTILE ? [operation(HOSTILE, 0), failedOperation] : [operation(deviceName, 0), operation(deviceName, 1)],
  }),
}

/** Remembers what it was told. */
export class PretendedControl implements RunControl {
  state = { factor: 1, paused: false, draining: false, stopping: false }
  pause(): void {
    this.state = { ...this.state, paused: true }
  }
  resume(): void {
    this.state = { ...this.state, paused: false }
  }
  setFactor(factor: number): void {
    this.state = { ...this.state, factor }
  }
  drain(): void {
    this.state = { ...this.state, draining: true }
  }
  stop(): void {
    this.state = { ...this.state, stopping: true }
  }
}
