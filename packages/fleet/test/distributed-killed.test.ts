import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { reportRun } from '../src/index.ts'
import { Party } from './distributed-process.ts'
import { LoadedServer } from './loaded-server.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const VERSION = 'of-this-test'
const LEASE_MS = 1_500
/** Six seconds of work. */
const PLAN = { phones: 120, rate: 20, key: 'ec:p256=1', seed: 5 } as const

const worker = (store: string, name: string) =>
  new Party({ role: 'worker', init: { store, processes: 1, name, version: VERSION, leaseMs: LEASE_MS } })

const led = (store: string, workers: number) => ({ store, workers, version: VERSION, leaseMs: LEASE_MS, onSay: () => {} })

const resultsOf = async (store: string): Promise<number> => {
  const rows = await tell(
    store,
    `SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'capf_fleet' AND tablename = 'result'`,
  )
  if (rows[0]?.n === 0) return 0
  return Number((await tell(store, 'SELECT count(*)::int AS n FROM capf_fleet.result'))[0]?.n)
}

/** The run is in the middle of its work. */
const untilResults = async (store: string, least: number) => {
  while ((await resultsOf(store).catch(() => 0)) < least) await delay(50)
}

/** Every device had its turn once by the store of the run, and is done by the store of the server. */
const checkAccounts = async (t: Test, { store, server }: { store: string; server: LoadedServer }) => {
  const { phones } = PLAN
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
  await using one = worker(store, 'one')
  await using _two = worker(store, 'two')
  const out = `${folder}/run`
  await using coordinator = new Party({
    role: 'run',
    init: { options: { ...PLAN, ...server.options, out }, coordinator: led(store, 2) },
  })
  await untilResults(store, 20)
  await one.kill('SIGKILL')
  await coordinator.gone
  t.equal(coordinator.error, undefined)
  t.match(coordinator.summary, { done: PLAN.phones, failed: 0, skipped: 0, stopped: false })
  t.match(coordinator.said.join('\n'), /worker one has gone; others take its phones/)
  await checkAccounts(t, { store, server })
  const report = await reportRun(out)
  t.match(report.summary, { done: PLAN.phones, failed: 0, operations: { install: PLAN.phones } }, 'the files say the same')
})
