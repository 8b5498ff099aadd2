import { readFileSync } from 'node:fs'
import { openDeviceStore } from '@capfkit/server'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { CoordinatorStore } from '../src/distributed/coordinator-store.ts'
import { openFleetDatabase, WorkerStore } from '../src/distributed/index.ts'
import { AS_PLANNED } from '../src/distributed/run-store.ts'
import { runFleetWorker } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'
import { OwnWorker, runHere, VERSION } from './own-workers.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const password = 'other-secret'
const ROLES = ['capf_owner', 'capf_server', 'capf_admin', 'capf_coordinator', 'capf_worker'] as const
type Role = (typeof ROLES)[number]
const store = await database.newDatabase()
const name = new URL(store).pathname.slice(1)
/** The database in the eyes of a user. */
const as = (user: Role) => database.urlOf(name, { user, password })
for (const role of ROLES) await tell(store, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`)

/** What a page tells an administrator to grant. */
const grantsOf = (page: string): string[] =>
  readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8').match(/^GRANT .*;$/gm) ?? []

/** What PostgreSQL has refused until now, also where nobody was told. */
const denied = () => database.said.join('').match(/permission denied .*/g) ?? []

/** A worker of this user until it waits for a run. */
const waits = async (user: Role): Promise<void> => {
  const waiting = new AbortController()
  const init = { store: as(user), processes: 1, name: 'a', version: VERSION, signal: waiting.signal }
  await runFleetWorker({ ...init, onSay: () => waiting.abort() })
}

t.test('whoever makes the tables needs CREATE on the schema for devices, and on the database for a fleet', async t => {
  await tell(store, 'GRANT CREATE ON SCHEMA public TO capf_owner')
  await using devices = openDeviceStore(as('capf_owner'))
  t.equal(await devices.count(), 0)
  await t.rejects(waits('capf_owner'), {
    code: 'STORE_NOT_ALLOWED',
    message: /permission denied for database .* CREATE on the database for those of a fleet/,
  })
  await tell(store, `GRANT CREATE ON DATABASE ${name} TO capf_owner`)
  await t.resolves(waits('capf_owner'))
})

t.test('servers, coordinators and workers do all that they do with just the rights that the pages name', async t => {
  const grants = ['scale.md', 'distributed.md'].map(grantsOf)
  t.ok(grants.every(({ length }) => length > 0))
  for (const grant of grants.flat()) await tell(store, grant)
  const before = denied().length
  t.not(before, 0, 'its log has the one before')
  const folder = t.testdir()
  await using server = await LoadedServer.start({ folder, store: as('capf_server') })
  await using admin = openDeviceStore(as('capf_admin'))
  await admin.add([{ name: 'SEP001122334455', operation: 'install' }])
  t.ok(await admin.remove('SEP001122334455'))
  await using _one = new OwnWorker(as('capf_worker'), 'one')
  const coordinating = as('capf_coordinator')
  const plan = { phones: 24, concurrency: 6, rounds: 'install,upgrade:50%,delete', key: 'ec:p256=1', poolKeys: 2 } as const
  const options = { ...plan, ...server.options, store: coordinating, fleet: `${folder}/fleet.db`, out: `${folder}/run` }
  const { summary } = runHere(options, { store: coordinating, workers: 1 })
  t.match(await summary, { failed: 0, skipped: 0, stopped: false })
  // What is only done when somebody is gone.
  const [{ id = '' } = {}] = (await tell(store, 'SELECT id FROM capf_fleet.run')) as { id: string }[]
  const [leading, working] = [openFleetDatabase(coordinating), openFleetDatabase(as('capf_worker'))]
  await new CoordinatorStore(leading, { run: id, token: 'second', leaseMs: 1 }).adopt({ pace: AS_PLANNED, anew: true })
  const taking = new WorkerStore(working, { run: id, worker: 'second', leaseMs: 1 })
  t.equal((await taking.laps({ phase: 0, slice: 0, slices: 1 })).size, plan.phones)
  for (const connections of [leading, working]) await connections.close()
  t.strictSame(denied().slice(before), [], 'nor was anything refused of which nobody was told')
})
