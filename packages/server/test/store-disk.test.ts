import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, SmallDisk, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { PostgresDeviceStore } from '../src/store/postgres/postgres.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import { bringTo } from './bystander.ts'
import { NOW } from './certificates.ts'
import type { ScriptedPhone } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

/** Room for three empty databases, their log, and a little more. */
const mounted = SmallDisk.mount('112m')
const where = mounted instanceof SmallDisk ? {} : mounted
const disk = mounted as SmallDisk
if (mounted instanceof SmallDisk) t.teardown(() => mounted[Symbol.dispose]())
const database = mounted instanceof SmallDisk ? await PostgresServer.start({ disk: mounted }) : undefined
if (database) t.teardown(() => database[Symbol.asyncDispose]())

const FULL = /disk .* is full .*pending/
/** Of a phone that is not to hear anything yet. */
const A_WHILE_MS = 600

const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    cause => cause,
  )

/** A phone that has got its certificate, and has not said so yet. */
const storing = async (server: Serving, deviceName: string): Promise<ScriptedPhone> => {
  const phone = await server.phone()
  await bringTo.store(phone, deviceName)
  return phone
}

/** It says so. @returns REASON of the end that it hears. */
const stored = async (phone: ScriptedPhone): Promise<number> => {
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  return (await phone.expect('END_SESSION')).reason
}

t.test(
  'SQLite on a full disk: who comes is sent away, who has a certificate waits, and all is written when there is room',
  where,
  async t => {
    const store = new SqliteDeviceStore({ file: join(disk.folder, 'capf.db'), now: () => NOW.getTime() })
    const server = await serve(t, { store, options: { storeAway: 'retry-later', retryLaterSeconds: 7 } })
    const [midway, pending] = [await server.device(), await server.device()]
    const phone = await storing(server, midway)
    disk.fill()
    t.teardown(() => disk.makeRoom())
    const sentAway = await server.phone()
    await sentAway.greet(pending)
    t.match(await sentAway.expect('RETRY_LATER'), { retryDelaySeconds: 7 })
    t.match(
      server.logLines().find(({ detail }) => FULL.test(String(detail))),
      { deviceName: pending },
    )
    const heard = stored(phone)
    t.equal(await Promise.race([heard, delay(A_WHILE_MS)]), undefined)
    t.match(await server.row(midway), { operation: 'install', status: 2 })
    disk.makeRoom()
    t.equal(await heard, 1)
    t.match(await server.row(midway), { operation: 'none', status: 3 })
    t.match(await server.row(pending), { operation: 'install', status: 2 })
    t.equal(await server.session(pending), 1)
  },
)

t.test('PostgreSQL on a full disk: nothing half, and what does not fit is written when there is room', where, async t => {
  const store = new PostgresDeviceStore({ url: await database!.newDatabase(), most: 2, timeoutMs: 1_000 })
  const server = await serve(t, { store })
  const names = await Promise.all(Array.from({ length: 40 }, () => server.device()))
  disk.fill()
  t.teardown(() => disk.makeRoom())
  const many = Array.from({ length: 2_000 }, (_, index) => ({ name: `MANY${index}` }))
  await t.rejects(store.add(many), { code: 'STORE_FULL', message: /disk .* is full .*No space left on device.*pending/ })
  t.equal(await store.count(), names.length, 'none of them')

  // Pages have room for a few certificates.
  const enrol = async (): Promise<{ deviceName: string; heard: Promise<number>; reason: number | undefined }> => {
    const deviceName = names.shift()!
    const heard = stored(await storing(server, deviceName))
    return { deviceName, heard, reason: (await Promise.race([heard, delay(A_WHILE_MS)])) ?? undefined }
  }
  const done: string[] = []
  let last = await enrol()
  for (; last.reason !== undefined; last = await enrol()) {
    t.equal(last.reason, 1)
    done.push(last.deviceName)
  }
  t.match(await server.row(last.deviceName), { operation: 'install', status: 2 }, 'its certificate does not fit')
  disk.makeRoom()
  t.equal(await last.heard, 1, 'the phone hears of it when it is written')
  for (const deviceName of [...done, last.deviceName])
    t.match(await server.row(deviceName), { operation: 'none', status: 3 }, 'each has its outcome')
  for (const deviceName of names) t.match(await server.row(deviceName), { operation: 'install', status: 2 })
  t.equal(await server.session(names[0]!), 1)
})

t.test('no room for the log of PostgreSQL: it ends, and has everything when it is started again', where, async t => {
  const url = await database!.newDatabase()
  const store = new PostgresDeviceStore({ url, most: 2, timeoutMs: 1_000 })
  const server = await serve(t, { store })
  const [midway, pending] = [await server.device(), await server.device()]
  const phone = await storing(server, midway)
  disk.fill()
  t.teardown(() => disk.makeRoom())
  // What it has of its log in advance is soon used up.
  let failure: unknown
  while (failure === undefined) failure = await failureOf(tell(url, 'SELECT pg_switch_wal(), txid_current()'))
  t.match(failure, { code: '53100', severity: 'PANIC' })
  await database!.ended()

  t.equal(await server.session(pending), 7, 'who comes now gets a clean end')
  t.match(
    server.logLines().findLast(({ msg }) => msg === 'session failed'),
    { deviceName: pending, detail: /STORE_AWAY/ },
  )
  const heard = stored(phone)
  disk.makeRoom()
  await database!.restart()
  t.equal(await heard, 1, 'who has a certificate hears of it when it is written')
  t.match(await server.row(midway), { operation: 'none', status: 3 })
  t.match(await server.row(pending), { operation: 'install', status: 2 })
  let reason = await server.session(pending)
  for (; reason !== 1; reason = await server.session(pending)) await delay(50)
  t.equal(reason, 1)
})
