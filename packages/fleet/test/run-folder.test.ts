import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FleetControl, type FleetOptions, type RunFleetInit, reportRun, resumeFleet, runFleet } from '../src/index.ts'

const run = (options: Partial<FleetOptions>, init: Partial<RunFleetInit> = {}) =>
  runFleet({ options: { embedded: true, phones: 5, processes: 1, serverWorkers: 1, key: 'ec:p256', ...options }, ...init })

t.test('the folder of a run that ended is not replaced unless that is said', async t => {
  const out = join(t.testdir(), 'out')
  await run({ out })
  const before = readFileSync(join(out, 'run.capfrun'))
  const error = { name: 'FleetError', code: 'FLEET_FOLDER_TAKEN', where: out, message: /name another folder, .* --replace/ }
  await t.rejects(run({ out }), error)
  t.strictSame(readFileSync(join(out, 'run.capfrun')), before, 'nothing has changed')
  await t.rejects(run({ out, fleet: join(out, 'fleet.db') }), error, 'the phones of before in another run')
  await run({ out, phones: 7, replace: true })
  t.match(await reportRun(out), { summary: { done: 7, verdict: 'pass' } })
})

t.test('one that was interrupted can go on: that is said, until nothing is left to do', async t => {
  const out = join(t.testdir(), 'out')
  const control = new FleetControl()
  const onProgress: RunFleetInit['onProgress'] = ({ stage }) => {
    if (stage === 'phase') control.drain()
  }
  await run({ out, phones: 40, rate: 20 }, { control, onProgress })
  const stopped = { code: 'FLEET_FOLDER_INTERRUPTED', where: out, message: /capf fleet resume .*--replace/ }
  await t.rejects(run({ out }), stopped)
  t.match(await resumeFleet({ folder: out }), { done: 40 })
  await t.rejects(run({ out }), { code: 'FLEET_FOLDER_TAKEN' })
  const last = join(out, 'run.1.capfrun')
  truncateSync(last, readFileSync(last).length - 5)
  await t.rejects(run({ out }), stopped, 'killed before its last entry was written')
  writeFileSync(join(out, 'run.capfrun'), 'no run')
  await t.rejects(run({ out }), { code: 'FLEET_FOLDER_TAKEN' }, 'what cannot be read is not replaced either')
})

t.test('a run that was stopped before anything was on record leaves nothing in the way, and somebody else’s files do', async t => {
  const out = join(t.testdir(), 'out')
  const stop = new AbortController()
  const onProgress: RunFleetInit['onProgress'] = ({ stage }) => {
    if (stage === 'server') stop.abort()
  }
  await t.rejects(run({ out, key: 'rsa:2048', poolKeys: 2 }, { signal: stop.signal, onProgress }), { name: 'AbortError' })
  rmSync(join(out, 'run.capfrun'), { force: true })
  for (const name of readdirSync(out)) if (name.startsWith('part-')) rmSync(join(out, name))
  t.ok(existsSync(join(out, 'keys.pool')))
  t.match(await run({ out }), { done: 5 })

  const mine = t.testdir({ 'keys.pool': 'of somebody' })
  await t.rejects(run({ out: mine }), { code: 'FLEET_FOLDER_TAKEN', where: mine })
  t.equal(readFileSync(join(mine, 'keys.pool'), 'utf8'), 'of somebody')
})
