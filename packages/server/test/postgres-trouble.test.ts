import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import pg from 'pg'
import t from 'tap'
import { isAway } from '../src/errors.ts'
import { StoreNode } from '../src/node.ts'
import { openDeviceStore } from '../src/store/open.ts'
import { Connections } from '../src/store/postgres/connections.ts'
import { POSTGRES_MIGRATIONS } from '../src/store/postgres/migrations.ts'
import { PostgresDeviceStore } from '../src/store/postgres/postgres.ts'
import { bringTo, bystander } from './bystander.ts'
import { serve } from './serving.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const NAME = 'SEP001122334455'
const open = (url: string, timeoutMs = 2_000) => new PostgresDeviceStore({ url, most: 4, timeoutMs })

t.test('what cannot be opened is told in one sentence with its own code, without the password', async t => {
  const closed = 'postgres://capf:secret@127.0.0.1:1/capf'
  const cases = [
    [database.urlOf('capf', { password: 'wrong-secret' }), 'STORE_LOGIN_REFUSED', /refuses the login .*PGPASSWORD/],
    [database.urlOf('nowhere'), 'STORE_NO_DATABASE', /is not there .*createdb/],
    [closed, 'STORE_AWAY', /cannot be reached .*ECONNREFUSED/],
    ['postgres://capf:secret@no-such-host.invalid/capf', 'STORE_AWAY', /cannot be reached/],
  ] as const
  for (const [url, code, message] of cases) {
    await using store = openDeviceStore(url)
    const error = await store.count().then(
      () => undefined,
      (failure: Error) => failure,
    )
    t.match(error, { code, message })
    t.notMatch(error?.message, /secret|only-for-tests/, 'no password in it')
  }
  t.throws(() => openDeviceStore('postgres://a b:c/%'), { code: 'STORE_OPEN_FAILED' })
})

t.test("a newer schema, or somebody else's tables, are left alone; an older one is brought up", async t => {
  const newer = await database.newDatabase()
  await using first = open(newer)
  t.equal(await first.count(), 0)
  await tell(newer, `UPDATE capfkit SET version = ${POSTGRES_MIGRATIONS.length + 1}`)
  await using second = open(newer)
  await t.rejects(second.count(), { code: 'STORE_NEWER_SCHEMA' })

  const foreign = await database.newDatabase()
  await tell(foreign, 'CREATE TABLE device (id INTEGER)')
  await using third = open(foreign)
  await t.rejects(third.count(), { code: 'STORE_NOT_A_STORE' })
  await using fourth = open(foreign)
  await t.rejects(fourth.count(), { code: 'STORE_NOT_A_STORE' }, 'and nothing was made in it')
})

t.test('many processes may make the schema at once', async t => {
  const url = await database.newDatabase()
  const stores = Array.from({ length: 8 }, () => open(url))
  t.strictSame(await Promise.all(stores.map(store => store.count())), Array(8).fill(0))
  await Promise.all(stores.map(store => store[Symbol.asyncDispose]()))
})

t.test('of many nodes that want a device at the same moment exactly one gets it', async t => {
  const url = await database.newDatabase()
  const stores = Array.from({ length: 4 }, () => open(url))
  const [store] = stores
  await Promise.all(stores.map((each, index) => each.heartbeat(`node-${index}`, Date.now() + 15_000)))
  const names = Array.from({ length: 50 }, (_, index) => `SEP${String(index).padStart(12, '0')}`)
  await store!.add(names.map(name => ({ name, operation: 'install' as const })))
  const claims = await Promise.all(
    names.flatMap(name =>
      stores.map(
        async (each, index) => [name, await each.claim({ name, node: `node-${index}`, token: `${name}-${index}` })] as const,
      ),
    ),
  )
  const taken = claims.flatMap(([name, device]) => (device ? [name] : []))
  t.strictSame(taken.toSorted(), names, 'each once')
  await Promise.all(stores.map(each => each[Symbol.asyncDispose]()))
})

t.test('a lock of somebody else is waited for, and not for ever', async t => {
  const url = await database.newDatabase()
  await using store = open(url, 300)
  await store.add([{ name: NAME, operation: 'install' }])
  const other = new pg.Client(url)
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT * FROM device FOR UPDATE')
  await t.rejects(store.change(NAME, { operation: 'delete' }), { code: 'STORE_LOCKED' })
  await other.query('ROLLBACK')
  await other.end()
  t.ok(await store.change(NAME, { operation: 'delete' }))
})

t.test('a statement that takes too long, or that somebody cancels, is no lock of another process', async t => {
  const url = await database.newDatabase()
  const connections = new Connections({ url, most: 2, timeoutMs: 300 })
  const tooLong = await connections.run({ text: 'SELECT pg_sleep(60)', values: [] }).catch((error: Error) => error)
  t.match(tooLong, { code: 'STORE_TIMEOUT', message: /broke off a statement .*\[canceling statement due to statement timeout\]/ })
  t.ok(isAway(tooLong), 'and may be tried again')
  await connections.close()
  const patient = new Connections({ url, most: 2, timeoutMs: 30_000 })
  const cancelled = t.rejects(patient.run({ text: 'SELECT pg_sleep(60)', values: [] }), {
    code: 'STORE_TIMEOUT',
    message: /or that somebody cancelled \[canceling statement due to user request\]/,
  })
  const asleep = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
  while ((await tell(url, asleep)).length === 0) await delay(10)
  await cancelled
  await patient.close()
})

t.test('an outcome that the database broke off is written once more', async t => {
  const url = await database.newDatabase()
  const store = open(url, 30_000)
  const server = await serve(t, { store })
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.store(phone, deviceName)
  const other = new pg.Client(url)
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT * FROM device FOR UPDATE')
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  const waiting = "application_name = 'capfkit' AND wait_event_type = 'Lock'"
  while ((await tell(url, `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${waiting}`)).length === 0) await delay(10)
  await other.query('ROLLBACK')
  await other.end()
  t.match(await phone.expect('END_SESSION'), { reason: 1 })
  t.match(await server.row(deviceName), { operation: 'none', status: 3 })
})

t.test('whoever is told that the database is away is told why, also when it was not tried again', async t => {
  const connections = new Connections({ url: 'postgres://capf:secret@127.0.0.1:1/capf', most: 2, timeoutMs: 300 })
  const first = await connections.run({ text: 'SELECT 1', values: [] }).catch((error: Error) => error)
  const second = await connections.run({ text: 'SELECT 1', values: [] }).catch((error: Error) => error)
  t.match(first, { code: 'STORE_AWAY', message: /ECONNREFUSED/ })
  t.match(second, { code: 'STORE_AWAY', message: (first as Error).message })
  await connections.close()
})

t.test('the database is killed in the middle of sessions: nothing is lost, and all works again when it is back', async t => {
  const store = open(await database.newDatabase(), 1_000)
  const server = await serve(t, { store, options: { storeAway: 'retry-later', retryLaterSeconds: 7 } })
  const [pending, midway] = [await server.device(), await server.device()]
  const settling = await server.phone()
  await bringTo.store(settling, midway)
  const { finish } = await bystander(server)
  await database.kill()

  const told = await server.phone()
  await told.greet(pending)
  t.match(await told.expect('RETRY_LATER'), { retryDelaySeconds: 7 }, 'who comes now is asked to come again')
  // The phone has its certificate, and the database is away when that is to be written.
  settling.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  const outcome = settling.expect('END_SESSION')
  await delay(300)
  await database.restart()
  t.match(await outcome, { reason: 1 }, 'the phone hears of it when it is written')
  t.match(await server.row(midway), { operation: 'none', status: 3 })
  t.equal(await finish(), 1, 'who made its key meanwhile has not noticed')
  t.match(await server.row(pending), { operation: 'install', status: 2 }, 'who was sent away is pending')
  let reason = await server.session(pending)
  for (let tries = 0; reason !== 1 && tries < 50; tries++) {
    await delay(100)
    reason = await server.session(pending)
  }
  t.equal(reason, 1)
})

t.test('by default a phone that comes while the store is away gets a clean end', async t => {
  const store = open(await database.newDatabase(), 1_000)
  const server = await serve(t, { store })
  const deviceName = await server.device()
  await database.kill()
  t.equal(await server.session(deviceName), 7)
  const failed = server.logLines().findLast(({ msg }) => msg === 'session failed')
  t.match(failed, { deviceName, detail: /STORE_AWAY/ })
  await database.restart()
})

t.test('the lease of a dead node ends with its heartbeats, by the clock of the database', async t => {
  const url = await database.newDatabase()
  await using store = open(url)
  await store.add([{ name: NAME, operation: 'install' }])
  // Two machines whose clocks differ by an hour.
  const slow = new StoreNode({ id: 'slow', store, now: () => new Date(), onError: () => {} })
  await slow.start()
  const lease = { name: NAME, node: 'slow', token: 'a' }
  t.ok(await store.claim(lease))
  t.equal(await store.claim({ name: NAME, node: 'other', token: 'b' }), undefined)
  await tell(url, 'UPDATE node SET aliveuntilms = aliveuntilms - 20000')
  t.ok(await store.claim({ name: NAME, node: 'other', token: 'b' }), 'it is dead')
  t.notOk(await store.settle(lease, { operation: 'install', status: 3, fulfilled: true }), 'and can write nothing any more')
  await slow[Symbol.asyncDispose]()
})
