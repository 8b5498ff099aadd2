import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { runDistributed } from '../src/index.ts'
import { planOf } from '../src/plan/from-options.ts'
import type { PlanPhase } from '../src/plan/plan.ts'
import { Victim } from './distributed-process.ts'
import { fleetOptions } from './fleet-options.ts'
import { LoadedServer } from './loaded-server.ts'
import { ledBy, OwnWorker, VERSION } from './own-workers.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const LEASE_MS = 2_000
const PHONES = 40

/** Devices that come again, each time with an order of its own, for so many seconds. */
const phasesOf = (seconds: number): PlanPhase[] => {
  const [install] = planOf(fleetOptions({ rounds: 'install', concurrency: 8 })).phases as [PlanPhase]
  const again: PlanPhase = {
    ...{ ...install, name: 'again', devices: 'again', operations: [{ name: 'install', weight: 1 }] },
    arrivals: { kind: 'rate', fromPerSecond: 15, toPerSecond: 15, spacing: 'even', forMs: 1_000 * seconds },
  }
  return [install, again]
}

const begin = async (folder: string, seconds: number) => {
  const store = await database.newDatabase()
  const server = await LoadedServer.start({ folder, store })
  const { said, coordinator } = ledBy(store, 2, LEASE_MS)
  const options = { phones: PHONES, key: 'ec:p256=1', maxFailed: '100%', ...server.options }
  const run = () => runDistributed({ options, plan: { phases: phasesOf(seconds), models: {} }, coordinator })
  const turns = async () =>
    Number((await tell(store, 'SELECT count(*)::int AS n FROM capf_fleet.result WHERE phase = 1').catch(() => []))[0]?.n ?? 0)
  const untilTurns = async (least: number) => {
    while ((await turns()) < least) await delay(50)
  }
  return { store, server, said, run, untilTurns }
}

t.test('a worker that stood still while others got its phones touches none of them afterwards', async t => {
  const { store, server, said, run, untilTurns } = await begin(t.testdir(), 7)
  await using _ = server
  await using one = new Victim({ role: 'worker', init: { store, processes: 1, name: 'one', version: VERSION, leaseMs: LEASE_MS } })
  await using _two = new OwnWorker(store, 'two', LEASE_MS)
  const running = run()
  await untilTurns(8)
  await one.standStill(LEASE_MS + 1_000)
  const summary = await running
  t.match(said.join('\n'), /worker one has gone; others take its phones/)
  t.strictSame(summary.failures, [], 'no order of the other one was disturbed')
  const rows = await tell(store, 'SELECT count(*)::int AS n FROM capf_fleet.result')
  t.equal(rows[0]?.n, summary.done + summary.skipped, 'what it had begun is counted by nobody')
})

t.test('devices that come again wait for a database that was away, and their workers live on', async t => {
  const { server, said, run, untilTurns } = await begin(t.testdir(), 6)
  await using _ = server
  const { store } = server.options
  await using one = new OwnWorker(store, 'one', LEASE_MS)
  await using two = new OwnWorker(store, 'two', LEASE_MS)
  const running = run()
  await untilTurns(10)
  await database.kill()
  await delay(600)
  await database.restart()
  const summary = await running
  t.ok(summary.done > PHONES + 10)
  t.match(said.join('\n'), /the store is back/)
  for (const { said: words } of [one, two]) t.equal(words.filter(line => /^joined/.test(line)).length, 1, 'it went on')
  t.notOk(
    summary.failures.some(({ reason }) => /^(STORE|FLEET)_/.test(reason)),
    'no order was given up',
  )
})
