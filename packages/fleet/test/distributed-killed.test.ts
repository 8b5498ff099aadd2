import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { reportRun, resumeDistributed, runDistributed } from '../src/index.ts'
import { Victim } from './distributed-process.ts'
import { LoadedServer } from './loaded-server.ts'
import { ledBy, OwnWorker, runHere, VERSION } from './own-workers.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

/** Who is killed is missed after this time. */
const LEASE_MS = 3_000
/** Two seconds of work. */
const PLAN = { phones: 60, rate: 30, key: 'ec:p256=1', seed: 5 } as const
const { phones } = PLAN

/** The run is in the middle of its work. */
const untilResults = async (store: string, least: number, name = '%') => {
  const of = `SELECT count(*)::int AS n FROM capf_fleet.result JOIN capf_fleet.worker w ON w.id = worker WHERE w.name LIKE '${name}'`
  const count = async () => Number((await tell(store, of))[0]?.n)
  while ((await count().catch(() => 0)) < least) await delay(50)
}

/** Every device had its turn once by the store of the run, and is done by the store of the server. */
const checkAccounts = async (t: Test, { store, server }: { store: string; server: LoadedServer }) => {
  const rows = await tell(store, 'SELECT count(*)::int AS n, count(DISTINCT phone)::int AS phones FROM capf_fleet.result')
  t.same(rows, [{ n: phones, phones }], 'each phone is counted once')
  const devices = await server.rows()
  t.equal(
    devices.filter(({ operation, certificate }) => operation === 'none' && certificate).length,
    phones,
    'and has a certificate',
  )
}

t.test('a worker that is killed loses nothing: another one goes on where its results end', async t => {
  const store = await database.newDatabase()
  const folder = t.testdir({ server: {} })
  await using server = await LoadedServer.start({ folder: `${folder}/server`, store })
  await using one = new Victim({ role: 'worker', init: { store, processes: 1, name: 'one', version: VERSION, leaseMs: LEASE_MS } })
  await using _two = new OwnWorker(store, 'two', LEASE_MS)
  const out = `${folder}/run`
  const run = runHere({ ...PLAN, ...server.options, out }, { store, workers: 2, leaseMs: LEASE_MS })
  await untilResults(store, 4, 'one')
  await one.kill()
  const summary = await run.summary
  t.match(summary, { done: phones, failed: 0, skipped: 0, stopped: false })
  t.match(run.said.join('\n'), /worker one has gone; others take its phones/)
  await checkAccounts(t, { store, server })
  const report = await reportRun(out)
  t.match(report.summary, { done: phones, failed: 0, operations: { install: phones } }, 'the files say the same')
})

t.test('a coordinator that is killed is followed by another one, and never has one beside it', async t => {
  const store = await database.newDatabase()
  await using server = await LoadedServer.start({ folder: t.testdir(), store })
  await using _one = new OwnWorker(store, 'one', LEASE_MS)
  const { coordinator } = ledBy(store, 1, LEASE_MS)
  const run = { options: { ...PLAN, ...server.options }, coordinator }
  await using first = new Victim({ role: 'coordinator', init: run })
  await untilResults(store, 10)
  const going = {
    code: 'FLEET_RUN_GOING',
    message: /^run [0-9a-f]{8}: another process has this run \[its coordinator is given up \d+ s after its last word\]; wait/,
  }
  await t.rejects(runDistributed(run), going)
  await t.rejects(resumeDistributed({ coordinator }), going)
  await first.kill()
  await delay(LEASE_MS + 100)
  const summary = await resumeDistributed({ coordinator })
  t.match(summary, { done: phones, failed: 0, planned: phones, operations: { install: phones } })
  t.equal(summary.latencyMs.actual.count, phones, 'what the first one had heard is in the figures')
  await checkAccounts(t, { store, server })
  await t.rejects(resumeDistributed({ coordinator }), { code: 'FLEET_NOTHING_LEFT' })
})

t.test('a database that is killed keeps what was written, and the rest is written when it is back', async t => {
  const store = await database.newDatabase()
  // The server has a store of its own: it goes on meanwhile.
  await using server = await LoadedServer.start({ folder: t.testdir() })
  await using one = new OwnWorker(store, 'one', LEASE_MS)
  const run = runHere({ ...PLAN, ...server.options }, { store, workers: 1, leaseMs: LEASE_MS })
  await untilResults(store, 10)
  await database.kill()
  await delay(800)
  await database.restart()
  t.match(await run.summary, { done: phones, failed: 0, stopped: false })
  t.match(run.said.join('\n'), /the store is away, workers go on with what runs/)
  t.match(one.said.join('\n'), /the store is away, and what ends meanwhile is kept/)
  await checkAccounts(t, { store, server })
})
