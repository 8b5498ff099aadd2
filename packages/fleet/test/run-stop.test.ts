import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type FleetOptions, type FleetProgress, runFleet } from '../src/index.ts'
import { childrenRunning } from './child-processes.ts'

/** Runs of this file leave their folders here. */
const temporary = t.testdir()
process.env.TMPDIR = temporary

const MANY: Partial<FleetOptions> = {
  embedded: true,
  phones: 2000,
  key: 'ec:p256',
  poolKeys: 2,
  concurrency: 8,
  processes: 2,
  keyGenerationDelayMs: 30,
  rounds: 'install,delete',
}

/** Sockets, child processes, timers: what would keep this process alive. */
const handles = () =>
  process.getActiveResourcesInfo().filter(name => !/^(Timeout|Immediate|TTYWrap|PipeWrap|FSReqPromise|FSReqCallback)$/.test(name))

const nothingIsLeft = (t: Test, before: readonly string[]) => {
  t.strictSame([...childrenRunning('client-process'), ...childrenRunning('worker-process')], [], 'child processes are gone')
  t.strictSame(readdirSync(temporary), [], 'the temporary folder is gone')
  t.strictSame(handles().sort(), [...before].sort(), 'no handle is open')
}

t.test('a stop in the middle: nothing more starts, what ran has ended, and the counts add up', async t => {
  const before = handles()
  const controller = new AbortController()
  let openAtStop = 0
  const onProgress = (progress: FleetProgress) => {
    if (progress.stage !== 'phase' || progress.done === 0 || controller.signal.aborted) return
    openAtStop = progress.inFlight
    controller.abort()
  }
  const summary = await runFleet({ options: MANY, signal: controller.signal, onProgress })
  const { done, failed, planned, operations, rounds, latencyMs } = summary
  t.match(summary, { stopped: true, verdict: 'fail', unreachable: false, failed: 0, planned: 4000 })
  t.strictSame(summary.because, [`the run was stopped: ${planned - done} of 4000 operations were not started`])
  t.ok(done > 0 && done < 2000, `${done} done, ${openAtStop} were open when it was stopped`)
  t.strictSame(operations, { install: done })
  t.match(rounds, { length: 1, 0: { done, failed } })
  t.equal(latencyMs.actual.count, done)
  nothingIsLeft(t, before)
})

t.test('a stop before the first round is no run: the reason of the signal is thrown', async t => {
  const before = handles()
  const reason = new Error('changed my mind')
  await t.rejects(runFleet({ options: MANY, signal: AbortSignal.abort(reason) }), reason, 'before it began')
  for (const stage of ['keys', 'server', 'phones'] as const) {
    const controller = new AbortController()
    const onProgress = (progress: FleetProgress) => {
      if (progress.stage === stage) controller.abort(reason)
    }
    // Many phones, whose MICs take a while to sign.
    const options = { ...MANY, auth: 'mic', phones: 20_000 }
    await t.rejects(runFleet({ options, signal: controller.signal, onProgress }), reason, stage)
  }
  nothingIsLeft(t, before)
})

t.test('a client process that dies ends the run with an error, not with a wait', async t => {
  const before = handles()
  let killed: number | undefined
  const onProgress = (progress: FleetProgress) => {
    if (killed !== undefined || progress.stage !== 'phase') return
    killed = childrenRunning('client-process')[0]
    process.kill(killed!, 'SIGKILL')
  }
  await t.rejects(runFleet({ options: MANY, onProgress }), {
    name: 'FleetError',
    code: 'FLEET_CLIENT_FAILED',
    message: /^client process \d+, ended by SIGKILL: a client process failed/,
  })
  t.type(killed, 'number')
  nothingIsLeft(t, before)
})
