import t from 'tap'
import { FleetControl, type FleetOptions, type FleetProgress, type PlanPhase, runFleet } from '../src/index.ts'

const SMALL: Partial<FleetOptions> = { embedded: true, phones: 20, processes: 2, serverWorkers: 1, key: 'ec:p256' }

const phaseOf = (change: Partial<PlanPhase>): PlanPhase => ({
  name: 'all',
  operations: [{ name: 'install', weight: 1 }],
  share: 1,
  devices: 'once',
  order: 'sequential',
  arrivals: { kind: 'concurrency', sessions: 4 },
  afterMs: 0,
  ...change,
})

const planned = (...phases: Partial<PlanPhase>[]) => ({ phases: phases.map(phaseOf), models: {} })

t.test('devices come again by time: each turn is ordered anew, with a new string', async t => {
  const plan = planned({
    devices: 'again',
    operations: [
      { name: 'install', weight: 3 },
      { name: 'delete', weight: 1 },
    ],
    arrivals: { kind: 'rate', fromPerSecond: 40, toPerSecond: 80, forMs: 1_000, spacing: 'poisson' },
  })
  const {
    planned: total,
    done,
    failures,
    operations,
    verdict,
  } = await runFleet({
    options: { ...SMALL, phones: 10, auth: 'null=1,string=1', maxFailed: '0%' },
    plan,
  })
  t.strictSame(failures, [])
  // Whether the generator kept its rate meanwhile is a matter of this machine.
  t.match(verdict, /^(pass|invalid)$/)
  t.ok(total > 30 && total < 90, `${total} planned`)
  t.ok(done <= total && done > 20, `${done} done; a device that was busy was skipped`)
  t.ok(operations.install! > operations.delete!, JSON.stringify(operations))
})

t.test('closed model by time: each device comes again when it has thought', async t => {
  const plan = {
    ...planned({ devices: 'again', arrivals: { kind: 'concurrency', sessions: 4, forMs: 700 } }),
    models: { '8861': { think: { kind: 'fixed', ms: 50 }, keyGeneration: { kind: 'uniform', fromMs: 10, toMs: 20 } } },
  } as const
  const { done, failed, planned: total, phases } = await runFleet({ options: { ...SMALL, phones: 4 }, plan })
  t.equal(failed, 0)
  t.equal(total, done)
  t.ok(done > 8 && done < 48, `${done}: 4 phones, each turn at least 60 ms`)
  t.ok(phases.keyGeneration!.p50 >= 9 && phases.keyGeneration!.max < 300)
})

t.test('phases follow each other, each with its phones, and no phone twice where it comes once', async t => {
  const plan = planned(
    { name: 'first', order: 'random', phones: '*0', arrivals: { kind: 'burst', withinMs: 100 } },
    { name: 'second', afterMs: 20, operations: [{ name: 'troubleshoot', weight: 1 }] },
  )
  const { rounds, failed, operations } = await runFleet({ options: SMALL, plan })
  t.equal(failed, 0)
  t.match(rounds, [
    { operation: 'first', done: 2 },
    { operation: 'second', done: 20 },
  ])
  t.strictSame(operations, { install: 2, troubleshoot: 20 })
})

t.test('more in flight than allowed are skipped and counted, not queued', async t => {
  const plan = planned({ arrivals: { kind: 'burst', withinMs: 0 }, maxInFlight: 4 })
  const summary = await runFleet({ options: { ...SMALL, keyGenerationDelayMs: 50, maxFailed: '0%' }, plan })
  t.match(summary, { planned: 20, done: 4, failed: 0, skipped: 16 })
  t.equal(summary.verdict, 'pass', 'the plan wanted it so')
})

t.test('who steers the run pauses, changes its pace and drains it', async t => {
  const control = new FleetControl()
  const seen: { done: number; paused: boolean; factor: number }[] = []
  const onProgress = (progress: FleetProgress) => {
    if (progress.stage !== 'phase') return
    const { done, control: state, total } = progress
    seen.push({ done, paused: state.paused, factor: state.factor })
    if (seen.length === 1) control.setFactor(4)
    if (seen.length === 2) control.pause()
    if (seen.length === 5) control.resume()
    if (seen.length === 6) control.drain()
    t.equal(total, 1_000)
  }
  const plan = planned({ arrivals: { kind: 'rate', fromPerSecond: 10, toPerSecond: 10, spacing: 'even' } })
  const summary = await runFleet({ options: { ...SMALL, phones: 1_000 }, plan, control, onProgress })
  t.match(summary, { stopped: true, failed: 0, planned: 1_000 })
  // What had ended when it began is told within a second.
  const [, , , atPause, stillPaused] = seen
  t.ok(atPause!.paused && stillPaused!.paused, 'a pause is seen')
  t.ok(stillPaused!.done - atPause!.done <= 1, 'and nothing starts in it')
  t.ok(summary.done > 20 && summary.done < 200, `${summary.done}: more than 10 a second, less than all`)
  t.ok(summary.generator.lateStarts < 20, `a pause makes nothing late: ${summary.generator.lateStarts}`)
})
