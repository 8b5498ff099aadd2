import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openDeviceStore } from '@capfkit/server'
import t from 'tap'
import {
  FleetControl,
  type FleetOptions,
  type FleetProgress,
  type FleetSummary,
  type RunReport,
  reportRun,
  resumeFleet,
  runFleet,
} from '../src/index.ts'
import { LoadedServer, rowsOf } from './loaded-server.ts'
import { entriesOf, ofKind } from './recorded-run.ts'
import { entriesSoFar, recorded, startRun } from './run-process.ts'

const PHONES = 300
const MIDDLE = 150
/** As slow as it must be to be killed in the middle. */
const SLOW: Partial<FleetOptions> = {
  ...{ key: 'ec:p256', phones: PHONES, concurrency: 30, processes: 2, keyGenerationDelayMs: 150 },
}

/** Each phone's operation as it is told by the files: how often it ended, and how often it was known to be done from the store. */
const turnsOf = (out: string): Map<string, number> => {
  const turns = new Map<string, number>()
  const add = ({ phone, round }: { phone: number; round: number }) => {
    const turn = `${phone} ${round}`
    turns.set(turn, (turns.get(turn) ?? 0) + 1)
  }
  for (const entries of Object.values(entriesOf(out))) {
    ofKind(entries, 'operation')
      .filter(({ cut }) => !cut)
      .forEach(add)
    ofKind(entries, 'recovered').forEach(add)
  }
  return turns
}

const successes = (sessions: Readonly<Record<string, number>>) => Object.entries(sessions).filter(([name]) => /SUCCESS/i.test(name))

t.test('kill -9 of a whole generator: going on enrols each device exactly once, in the store of the server', async t => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  await using server = await LoadedServer.start({ folder, options: { logLevel: 'silent' } })
  const child = startRun(folder, { options: { ...server.options, ...SLOW, rounds: 'install,delete:50%', out } })
  await using store = openDeviceStore(server.options.store)
  const onRecord = () => [0, 1].reduce((sum, part) => sum + recorded(join(out, `part-${part}.capfrun`)).length, 0)
  // So that there are devices that are done and not on record.
  for (let done = 0; done < 40 || done < onRecord() + 10; await delay(100)) done = await store.count({ operation: 'none' })
  process.kill(-child.pid!, 'SIGKILL')
  await once(child, 'close')

  const summary = await resumeFleet({ folder: out })
  const deleted = summary.planned - PHONES
  t.match(summary, { verdict: 'pass', failed: 0, stopped: false, operations: { install: PHONES, delete: deleted } })
  t.ok(deleted > 0.3 * PHONES, 'also phones whose certificate nobody had recorded had one to delete')
  const rows = await server.rows()
  t.equal(rows.filter(({ operation }) => operation === 'none').length, PHONES)
  t.equal(rows.filter(({ certificate }) => certificate).length, PHONES - deleted)
  t.strictSame(
    successes(server.sessions).map(([, count]) => count),
    [PHONES, deleted],
    'so many sessions of the server ended well, and no more',
  )
  t.strictSame(new Set(turnsOf(out).values()), new Set([1]), 'no operation is in the files twice')
  t.equal(turnsOf(out).size, PHONES + deleted)
  const report = await reportRun(out)
  const [resumption, ...others] = report.resumptions
  t.ok(resumption!.recovered >= 10, `${resumption!.recovered} were done and not on record`)
  t.strictSame(others, [])
  t.match(report, { complete: true, summary: { done: PHONES + deleted, rounds: [{ done: PHONES }, { done: deleted }] } })
  t.equal(report.summary.latencyMs.actual.count, PHONES + deleted - resumption!.recovered, 'latencies are those that were seen')
  await t.rejects(resumeFleet({ folder: out }), { code: 'FLEET_NOTHING_LEFT', where: out })
})

t.test('an embedded server is killed with the generator, and both go on with what they had', async t => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  const options = { ...SLOW, embedded: true, phones: MIDDLE, rounds: 'install,upgrade:50%', auth: 'lsc', poolKeys: 2, out }
  const child = startRun(folder, { options })
  const secondBegan = () => ofKind(entriesSoFar(join(out, 'run.capfrun')), 'ordered').length === 2
  while (!secondBegan()) await delay(50)
  // Some of them have had their turn.
  await delay(250)
  process.kill(-child.pid!, 'SIGKILL')
  await once(child, 'close')
  const summary = await resumeFleet({ folder: out })
  const upgrades = summary.planned - MIDDLE
  t.match(summary, { verdict: 'pass', failed: 0, done: summary.planned, rounds: [{ done: MIDDLE }, { done: upgrades }] })
  t.ok(upgrades > 0.3 * MIDDLE)
  await using store = openDeviceStore(`sqlite:${join(out, 'devices.db')}`)
  t.equal((await rowsOf(store)).filter(({ certificate, operation }) => certificate && operation === 'none').length, MIDDLE)
})

t.test('a run that is stopped, resumed, stopped and resumed is one run', async t => {
  const out = join(t.testdir(), 'out')
  /** Nothing more starts when so many are done. */
  const drainedAt = async (done: number, run: (control: FleetControl) => Promise<FleetSummary>): Promise<FleetSummary> => {
    const control = new FleetControl()
    let isOver = false
    const running = run(control).finally(() => {
      isOver = true
    })
    while (!isOver && !existsSync(join(out, 'run.capfrun'))) await delay(100)
    await using store = openDeviceStore(`sqlite:${join(out, 'devices.db')}`)
    while (!isOver && ((await store.count({ operation: 'none' })) < done || (await store.count()) === 0)) await delay(100)
    control.drain()
    return await running
  }
  const options = { ...SLOW, embedded: true, phones: 150, rate: 50, out }
  const first = await drainedAt(20, control => runFleet({ options, control }))
  t.match(first, { stopped: true, failed: 0 })
  t.ok(first.done >= 20 && first.done < 150)
  const second = await drainedAt(first.done + 20, control => resumeFleet({ folder: out, control }))
  t.match(second, { stopped: true, failed: 0 })
  t.ok(second.done >= first.done + 20 && second.done < 150, 'the summary is that of the whole run')
  const last = await resumeFleet({ folder: out })
  // Whether the generator kept its rate meanwhile is a matter of this machine.
  t.match(last, { stopped: false, done: 150, failed: 0, verdict: /^(pass|invalid)$/, rounds: [{ done: 150 }] })
  t.ok(last.seconds >= second.seconds && second.seconds >= first.seconds)
  t.equal(turnsOf(out).size, 150)
  const { resumptions, intervals, intervalSeconds, summary } = await reportRun(out)
  t.strictSame(
    resumptions.map(({ number, recovered }) => [number, recovered]),
    [
      [1, 0],
      [2, 0],
    ],
  )
  t.ok(resumptions[0]!.atSeconds > 0 && resumptions[1]!.atSeconds > resumptions[0]!.atSeconds)
  t.ok(intervals.length * intervalSeconds < summary.seconds + 2, 'the time in which it rested is not in the report')
  const { eventLoopDelayMs: _, memoryBytes: __, ...generator } = last.generator
  t.match(summary, {
    done: 150,
    verdict: last.verdict,
    generator: { loopback: generator.loopback, lateStarts: generator.lateStarts },
  })
})

t.test(
  'two processes cannot have the same run, a report says that it is still running, and a folder without one is told',
  async t => {
    const out = join(t.testdir(), 'out')
    const control = new FleetControl()
    const tried: Promise<unknown>[] = []
    const reports: Promise<RunReport>[] = []
    const onProgress = ({ stage }: FleetProgress) => {
      if (stage === 'phase') reports.push(reportRun(out))
      if (tried.length > 0) return
      tried.push(
        t.rejects(resumeFleet({ folder: out }), { code: /^(FLEET_RUN_GOING|RUN_NOT_A_RUN|RUN_INCOMPLETE)$/ }, 'resume'),
        t.rejects(runFleet({ options: { embedded: true, phones: 1, out } }), { code: 'FLEET_RUN_GOING', where: out }, 'run'),
      )
    }
    await runFleet({ options: { ...SLOW, embedded: true, phones: 10, out }, control, onProgress })
    await Promise.all(tried)
    t.equal(tried.length, 2)
    t.match(await reports[0], { complete: false, running: true, summary: { verdict: 'running', stopped: false } })
    t.match(await reportRun(out), { complete: true, running: false, summary: { verdict: 'pass' } })
    rmSync(join(out, 'plan.json'))
    await t.rejects(resumeFleet({ folder: out }), { code: 'FLEET_NO_PLAN' })
    const empty = t.testdir()
    await t.rejects(resumeFleet({ folder: empty }), { code: 'FLEET_NO_PLAN' })
    t.strictSame(readdirSync(empty), [])
  },
)
