import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { FleetControl, resumeDistributed, runDistributed } from '../src/index.ts'
import { planOf } from '../src/plan/from-options.ts'
import { fleetOptions } from './fleet-options.ts'
import { LoadedServer } from './loaded-server.ts'
import { ledBy, OwnWorker } from './own-workers.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const LEASE_MS = 3_000
const AWAY = /the store is away, workers go on with what runs/

const until = async (store: string, question: string) => {
  const isSo = async () => (await tell(store, `SELECT ${question} AS so FROM capf_fleet.run`))[0]?.so === true
  while (!(await isSo().catch(() => false))) await delay(50)
}

t.test('a database that is killed between two phases is waited for, and the second one begins when it is back', async t => {
  const store = await database.newDatabase()
  await using server = await LoadedServer.start({ folder: t.testdir(), store })
  await using _one = new OwnWorker(store, 'one', LEASE_MS)
  const { said, coordinator } = ledBy(store, 1, LEASE_MS)
  const options = { phones: 16, concurrency: 8, rounds: 'install,delete', key: 'ec:p256=1', seed: 5, ...server.options }
  const [first, second] = planOf(fleetOptions(options)).phases
  const running = runDistributed({ options, plan: { phases: [first!, { ...second!, afterMs: 1_000 }] }, coordinator })
  await until(store, 'jsonb_array_length(rounds) = 1')
  await database.kill()
  while (!AWAY.test(said.join('\n'))) await delay(50)
  // It is to order the second phase by now.
  await delay(1_000)
  await database.restart()
  t.match(await running, { verdict: 'pass', done: 32, failed: 0, stopped: false })
  t.same(
    said.filter(line => /^the store is/.test(line)).map(line => /away|back/.exec(line)?.[0]),
    ['away', 'back'],
    'each is said once',
  )
  t.ok((await server.rows()).every(({ operation, certificate }) => operation === 'none' && !certificate))
})

t.test('a run that is stopped while its store is away ends, and says how to go on; nothing is lost', async t => {
  const store = await database.newDatabase()
  // The server has a store of its own: it goes on meanwhile.
  await using server = await LoadedServer.start({ folder: t.testdir() })
  await using _one = new OwnWorker(store, 'one', LEASE_MS)
  const { said, coordinator } = ledBy(store, 1, LEASE_MS)
  const control = new FleetControl()
  const options = { phones: 80, rate: 20, key: 'ec:p256=1', seed: 5, ...server.options }
  const running = runDistributed({ options, coordinator, control })
  running.catch(() => {})
  await until(store, '(SELECT count(*) FROM capf_fleet.result) > 5')
  await database.kill()
  control.stop()
  await t.rejects(running, { code: 'FLEET_STOPPED_AWAY' })
  t.match(said.at(-1), /^go on with: capf fleet resume --store postgres:\S+ --run [0-9a-f]{8}$/)
  t.notMatch(said.join('\n'), /only-for-tests/, 'without the password')
  await database.restart()
  await delay(LEASE_MS)
  const again = ledBy(store, 1, LEASE_MS)
  t.match(await resumeDistributed({ coordinator: again.coordinator }), { done: 80, failed: 0, stopped: false })
})
