import { openDatabases, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { CoordinatorStore } from '../src/distributed/coordinator-store.ts'
import { openFleetDatabase, SliceQueue } from '../src/distributed/index.ts'
import { AS_PLANNED } from '../src/distributed/run-store.ts'
import { resumeDistributed, runFleetWorker } from '../src/index.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

const worker = (store: string, version = 'one') =>
  runFleetWorker({ store, processes: 1, name: 'a', version, signal: AbortSignal.timeout(10_000) })

const coordinator = (store: string) => ({ store, workers: 1, version: 'one', onSay: () => {} })

t.test('a database that cannot be used is told in one sentence, without the password', async t => {
  const wrong = databases.urlOf('postgres', { password: 'not-the-password' })
  const error = await worker(wrong).catch((cause: Error) => cause)
  t.match(error, { code: 'STORE_LOGIN_REFUSED' })
  t.notMatch(String(error), /not-the-password/)
  await t.rejects(worker(databases.urlOf('nowhere')), { code: 'STORE_NO_DATABASE' })
})

t.test('a newer schema is left alone, by coordinators and workers; tables of others, too', async t => {
  const store = await databases.newDatabase()
  await t.rejects(resumeDistributed({ coordinator: coordinator(store) }), { code: 'FLEET_NO_RUN' }, 'the schema is made')
  await tell(store, 'UPDATE capf_fleet.capfkit SET version = version + 1')
  await t.rejects(worker(store), { code: 'STORE_NEWER_SCHEMA' })
  await t.rejects(resumeDistributed({ coordinator: coordinator(store) }), { code: 'STORE_NEWER_SCHEMA' })
  const queue = await databases.newDatabase()
  const connections = openFleetDatabase(queue)
  await (await SliceQueue.open(connections))[Symbol.asyncDispose]()
  await connections.close()
  const newer = await tell(queue, 'UPDATE capf_fleet_queue.version SET version = version + 1 RETURNING version')
  const refused = { code: 'STORE_NEWER_SCHEMA', message: /^capf_fleet_queue in postgres:.* use that version, or another store/ }
  await t.rejects(worker(queue), refused)
  t.strictSame(await tell(queue, 'SELECT version FROM capf_fleet_queue.version'), newer, 'nor are those of the queue touched')
  const foreign = await databases.newDatabase()
  await tell(foreign, 'CREATE SCHEMA capf_fleet; CREATE TABLE capf_fleet.run (id INTEGER)')
  await t.rejects(worker(foreign), { code: 'STORE_NOT_A_STORE' })
})

t.test('of a run that is led it is said when its coordinator is given up, also to one that was', async t => {
  const connections = openFleetDatabase(await databases.newDatabase())
  const [first, second] = ['first', 'second'].map(
    token => new CoordinatorStore(connections, { run: '0badcafe', token, leaseMs: 10_000 }),
  ) as [CoordinatorStore, CoordinatorStore]
  await first.reserve({ version: 'one', pace: AS_PLANNED })
  await t.rejects(second.adopt({ pace: AS_PLANNED, anew: false }), {
    code: 'FLEET_RUN_GOING',
    message: /^run 0badcafe: .* \[its coordinator is given up 10 s after its last word\]; wait until that has ended, or name/,
  })
  await connections.run({ text: 'UPDATE capf_fleet.run SET coordinatoruntilms = 0', values: [] })
  await second.adopt({ pace: AS_PLANNED, anew: false })
  await t.rejects(first.beat(AS_PLANNED), {
    code: 'FLEET_RUN_GOING',
    message: /\[a coordinator leads it on, as this one was given up 10 s after its last word\]/,
  })
  await connections.close()
})

t.test('a worker or a coordinator of another version takes no part', async t => {
  const store = await databases.newDatabase()
  await t.rejects(resumeDistributed({ coordinator: coordinator(store) }), { code: 'FLEET_NO_RUN' })
  await tell(
    store,
    `INSERT INTO capf_fleet.run (id, version, state, slices, plan, job, createdms, pace, coordinator, coordinatoruntilms)
     VALUES ('0badcafe', 'another', 'open', 1, '{}', '{}', 0, '{}', 'somebody', 99999999999999)`,
  )
  await t.rejects(worker(store), {
    code: 'FLEET_OTHER_VERSION',
    message: /^run 0badcafe: .* \[the run is led by version another, this is version one\]; install the same version/,
  })
  await t.rejects(resumeDistributed({ coordinator: coordinator(store), run: '0badcafe' }), { code: 'FLEET_OTHER_VERSION' })
  await t.rejects(resumeDistributed({ coordinator: coordinator(store), run: 'ffffffff' }), { code: 'FLEET_NO_RUN' })
})
