import t from 'tap'
import { FleetControl } from '../src/control.ts'
import { MOST_FAILURES } from '../src/live/index.ts'
import { LiveView } from '../src/live/live-view.ts'
import type { PhaseProgress } from '../src/progress.ts'
import { Tally } from '../src/tally.ts'

const tallyOf = (ended: readonly { ms: number; lateMs?: number; reason?: string }[]): Tally => {
  const tally = new Tally()
  for (const { ms, lateMs = 0, reason } of ended) {
    tally.started++
    const failure = reason === undefined ? undefined : ({ side: 'server', phase: 'tls', reason } as const)
    tally.record({ scheduledMs: ms + lateMs, actualMs: ms, phasesMs: { tls: ms / 2 }, operation: 'install', failure })
  }
  return tally
}

const control = new FleetControl()
const health = {
  ...{ cpuMs: 0, eventLoopDelayMs: { p99: 0, max: 0 }, memoryBytes: 1e8, keysPooled: 0, keysGenerated: 0, runMs: 0, fullest: {} },
  recent: { ms: 500, cpuMs: 200, eventLoopDelayMs: { p99: 3, max: 9 } },
}

const progressOf = (change: Partial<PhaseProgress> = {}): PhaseProgress => ({
  ...{ stage: 'phase', phase: { number: 0, of: 2, name: 'install' }, done: 3, total: 100, elapsedMs: 0, forMs: undefined },
  ...{ failed: 0, inFlight: 4, ratePerSecond: 0, p50Ms: 0, p99Ms: 0, control: control.state },
  ...{ tally: new Tally(), recent: new Tally(), health: [health, health] },
  ...change,
})

const viewAt = (times: number[]) => new LiveView({ now: () => times.shift() ?? 0, control })

t.test('before the run there is what is being made, and then whom it loads', async t => {
  const view = viewAt([1000, 2000, 3000])
  t.match(view.see({ stage: 'keys', done: 3, total: 128 }), {
    ...{ state: 'preparing', stage: 'making RSA keys', making: { done: 3, total: 128 }, seconds: 0, figures: {} },
  })
  const phases = [
    { name: 'install', total: 100 },
    { name: 'soak', total: undefined },
  ]
  const {
    run,
    making,
    phases: planned,
  } = view.see({ stage: 'ready', run: { target: '192.0.2.1:3804', seed: 7, phones: 50, phases } })
  t.strictSame(making, { done: 0, total: 50 })
  t.strictSame(run, { target: '192.0.2.1:3804', seed: 7, phones: 50, startedAtMs: 1000 })
  t.strictSame(planned, [
    { name: 'install', total: 100, ended: 0 },
    { name: 'soak', total: undefined, ended: 0 },
  ])
})

t.test('figures are those of what was counted: by second, by the last second, by the run', async t => {
  const tally = tallyOf([{ ms: 10 }, { ms: 20, lateMs: 100 }, { ms: 30, reason: 'PHONE_TLS_FAILED' }])
  const recent = tallyOf([{ ms: 20, lateMs: 100 }])
  const view = viewAt([0, 5000, 7500])
  view.see(progressOf())
  const { seconds, figures, stretches, failures, processes, making } = view.see(progressOf({ tally, recent }))
  t.equal(seconds, 2.5, 'since the first phase')
  t.match(figures, {
    started: 3,
    done: 2,
    failed: 1,
    inFlight: 4,
    startedPerSecond: 2,
    donePerSecond: 2,
    failedPerSecond: 0,
    factor: 1,
  })
  t.match(figures, { processes: 2, cpuShare: 0.4, eventLoopDelayP99Ms: 3, eventLoopDelayMaxMs: 9, memoryBytes: 2e8 })
  const isNear = (value: number | undefined, wanted: number) =>
    t.ok(Math.abs(value! - wanted) <= wanted / 1000, `${value} is ${wanted}`)
  isNear(figures.scheduledP50Ms, 120)
  isNear(figures.actualP50Ms, 20)
  isNear(figures.actualRunP50Ms, 10)
  isNear(figures.scheduledRunP99Ms, 120)
  isNear(stretches.find(({ phase }) => phase === 'tls')?.last?.p50, 10)
  t.strictSame(failures, [{ side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', count: 1 }])
  t.equal(processes.length, 2)
  t.equal(making, undefined)
})

t.test('where nothing ended in the last second there is no latency of it', async t => {
  const { figures } = viewAt([]).see(progressOf({ tally: tallyOf([{ ms: 10 }]) }))
  t.notOk('scheduledP50Ms' in figures)
  t.ok('scheduledRunP50Ms' in figures)
})

t.test('a phase that has just begun has nothing of the phase before it', async t => {
  const recent = tallyOf([{ ms: 10 }, { ms: 20 }])
  const see = (change: Partial<PhaseProgress>) => viewAt([]).see(progressOf({ recent, tally: recent, ...change })).figures
  t.match(see({ elapsedMs: 1, done: 0 }), { donePerSecond: 0, done: 2 })
  t.notOk('scheduledP50Ms' in see({ elapsedMs: 1, done: 0 }))
  t.match(see({ elapsedMs: 1, done: 2 }), { donePerSecond: 4 })
})

t.test('what is planned is known when every phase says how much it has', async t => {
  const view = viewAt([])
  const phases = (soak: number | undefined) => [
    { name: 'install', total: 100 },
    { name: 'soak', total: soak },
  ]
  const ready = { target: 'x:1', seed: 1, phones: 1 }
  view.see({ stage: 'ready', run: { ...ready, phases: phases(50) } })
  t.equal(view.see(progressOf()).figures.planned, 150)
  view.see({ stage: 'ready', run: { ...ready, phases: phases(undefined) } })
  t.equal(view.see(progressOf()).figures.planned, undefined)
})

t.test('the state says what the run was told', async t => {
  const steered = new FleetControl()
  const view = new LiveView({ now: () => 0, control: steered })
  const see = () => view.see(progressOf({ control: steered.state }))
  steered.setFactor(1.5)
  t.match(see(), { state: 'running', figures: { factor: 1.5 } })
  steered.pause()
  t.match(see(), { state: 'paused', figures: { factor: 0 }, control: { factor: 1.5 } })
  steered.resume()
  steered.drain()
  t.equal(see().state, 'draining')
  steered.stop()
  t.equal(see().state, 'stopping')
  t.equal(view.end().state, 'ended')
})

t.test('its size is bounded, however many ways to fail there are', async t => {
  const tally = tallyOf(Array.from({ length: 400 }, (_, index) => ({ ms: 1, reason: `REASON_${index % 200}` })))
  const snapshot = viewAt([]).see(progressOf({ tally }))
  t.equal(snapshot.failures.length, MOST_FAILURES)
  t.equal(snapshot.otherFailures + snapshot.failures.reduce((sum, { count }) => sum + count, 0), 400)
  t.ok(JSON.stringify(snapshot).length < 20_000)
})

t.test('thresholds and a generator that lags are told while the run goes on', async t => {
  const tally = tallyOf([{ ms: 1 }, { ms: 1 }])
  tally.lateStarts = 1
  const thresholds = [{ name: 'p99', wanted: '< 200ms', got: '240ms', ok: false, says: 'figures' }] as const
  const { thresholds: told, warnings } = viewAt([]).see(progressOf({ tally, thresholds }))
  t.strictSame(told, [{ sentence: 'p99 < 200ms', value: '240ms', holds: false }])
  t.match(warnings, [/: 1 of 2 starts came too late$/])
})
