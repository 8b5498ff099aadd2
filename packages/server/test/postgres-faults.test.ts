import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import pg from 'pg'
import t from 'tap'
import { PostgresDeviceStore } from '../src/store/postgres/postgres.ts'
import { serve } from './serving.ts'

const database = await PostgresServer.start()
t.teardown(() => database[Symbol.asyncDispose]())

const NAME = 'SEP001122334455'
const open = (url: string) => new PostgresDeviceStore({ url, most: 2, timeoutMs: 2_000 })

/** The same database in the eyes of another user. */
const as = (url: string, user: string) => database.urlOf(new URL(url).pathname.slice(1), { user, password: 'other-secret' })

t.test('a user without rights is told which are missing', async t => {
  const url = await database.newDatabase()
  await tell(url, "CREATE ROLE reader LOGIN PASSWORD 'other-secret'")
  await using noTables = open(as(url, 'reader'))
  const refused = {
    code: 'STORE_NOT_ALLOWED',
    message: /reader@.*too few rights .*permission denied for schema public.*owner of the database/,
  }
  await t.rejects(noTables.count(), refused, 'who may not make tables')
  await tell(url, 'REVOKE USAGE ON SCHEMA public FROM PUBLIC')
  await using noSchema = open(as(url, 'reader'))
  await t.rejects(noSchema.count(), { code: 'STORE_NOT_ALLOWED', message: /no schema has been selected/ }, 'who sees no schema')

  await tell(url, 'GRANT USAGE ON SCHEMA public TO reader')
  await using owner = open(url)
  await owner.add([{ name: NAME, operation: 'install' }])
  await tell(url, 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader')
  await using reader = open(as(url, 'reader'))
  t.equal(await reader.count(), 1, 'who may read, reads')
  await t.rejects(reader.claim({ name: NAME, node: 'a', token: 'b' }), {
    code: 'STORE_NOT_ALLOWED',
    message: /permission denied for table device/,
  })
  await tell(url, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader')
  t.ok(await reader.claim({ name: NAME, node: 'a', token: 'b' }), 'no more than the sentence says is needed')
})

t.test('a connection that is lost in the middle of a transaction takes all of it back', async t => {
  const url = await database.newDatabase()
  await using store = open(url)
  await store.add([{ name: NAME, operation: 'install' }])
  const request = { deviceName: NAME, csrDer: Buffer.of(1), keyId: 'k', createdMs: 1 }
  await store.requests.keep(request)
  // A change writes the device, and then waits for its request.
  const other = new pg.Client(url)
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT * FROM request FOR UPDATE')
  const changing = store.change(NAME, { operation: 'delete' })
  const outcome = t.rejects(changing, { code: 'STORE_AWAY', message: /cannot be reached .*terminating connection/ })
  const waiting = "application_name = 'capfkit' AND wait_event_type = 'Lock'"
  for (let ended = 0; ended === 0; await delay(10))
    ended = (await tell(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`)).length
  await outcome
  await other.query('ROLLBACK')
  await other.end()
  let device = await store.get(NAME).catch(() => undefined)
  for (; !device; device = await store.get(NAME).catch(() => undefined)) await delay(20)
  t.match(device, { operation: 'install' }, 'nothing of it was written')
  t.ok(await store.change(NAME, { operation: 'delete' }), 'and the next one is')
})

// The last one: from here on the server is a standby, and then another primary.
t.test('a database in recovery can only be read: phones hear a clean end, and are served when it is promoted', async t => {
  const url = await database.newDatabase()
  const store = open(url)
  const server = await serve(t, { store })
  const deviceName = await server.device()
  await database.kill()
  await database.restartAsStandby()
  // What was away a moment ago is asked again a little later.
  let failure: { code?: string; message?: string } = {}
  const order = () => store.change(deviceName, { operation: 'delete' }).then(() => ({}))
  for (; failure.code !== 'STORE_READ_ONLY'; await delay(20)) failure = await order().catch(error => error)
  t.match(failure.message, /may not be written .*standby/)
  t.equal(await server.session(deviceName), 7)
  const failed = server.logLines().findLast(({ msg }) => msg === 'session failed')
  t.match(failed, { deviceName, detail: /STORE_READ_ONLY/ })
  t.match(await server.row(deviceName), { operation: 'install', status: 2 }, 'it stays pending')
  await tell(url, 'SELECT pg_promote()')
  t.equal(await server.session(deviceName), 1)
})
