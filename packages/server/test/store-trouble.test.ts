import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { StoreNode } from '../src/node.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import type { Lease } from '../src/store/store.ts'
import { bringTo, bystander } from './bystander.ts'
import { NOW } from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-trouble-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** A server on a SQLite file that gives up a lock soon, and somebody else who can lock it. */
const servingFile = async (t: Test, name: string) => {
  const file = join(folder, name)
  const store = new SqliteDeviceStore({ file, lockTimeoutMs: 100, now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  return { server, lock: () => other.exec('BEGIN IMMEDIATE'), unlock: () => other.exec('COMMIT') }
}

const untilDone = async (server: Serving, deviceName: string): Promise<number> => {
  for (;;) {
    const reason = await server.session(deviceName)
    if (reason !== 7) return reason
    await delay(10)
  }
}

t.test('a store that is locked when the phone comes: refused, one clear line, and the next try succeeds', async t => {
  const { server, lock, unlock } = await servingFile(t, 'claim.db')
  const deviceName = await server.device()
  const { finish } = await bystander(server)
  lock()
  t.equal(await server.session(deviceName), 7)
  t.match(server.logLines().at(-1), {
    level: 40,
    msg: 'session failed',
    deviceName,
    state: 'AWAIT_DEVICE_RESP',
    status: undefined,
    detail: /another process holds the device store locked.*STORE_LOCKED/,
  })
  unlock()
  t.match(await server.row(deviceName), { operation: 'install', status: 2 })
  t.equal(await finish(), 1, 'a phone that only made its key meanwhile has not noticed')
  t.equal(await untilDone(server, deviceName), 1)
})

t.test(
  'a store that is locked when the outcome is due: the phone is told no, the order stays, nothing is counted as done',
  async t => {
    const { server, lock, unlock } = await servingFile(t, 'settle.db')
    const deviceName = await server.device()
    const phone = await server.phone()
    await bringTo.store(phone, deviceName)
    lock()
    phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
    t.equal(await phone.reason(), 7)
    unlock()
    t.match(await server.row(deviceName), { operation: 'install', status: 2, certificate: undefined })
    t.match(await server.summary(deviceName), {
      operation: 'install',
      status: undefined,
      state: 'AWAIT_STORE_CERT_RESP',
      detail: /STORE_LOCKED/,
    })
    t.match(server.logLines().at(-1), { level: 40, msg: 'session failed' })
    t.strictSame(server.server.counters.counts.sessions, { 'install none': 1 })
    t.equal(await untilDone(server, deviceName), 1, 'the lease that was left behind does not keep the phone out')
  },
)

t.test('a lock that is shorter than the patience is not noticed by anybody', async t => {
  const file = join(folder, 'short.db')
  const server = await serve(t, { store: new SqliteDeviceStore({ file, now: () => NOW.getTime() }) })
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  const deviceName = await server.device()
  const phone = await server.phone()
  await phone.expect('AUTH_REQUEST')
  other.exec('BEGIN IMMEDIATE')
  phone.say({ name: 'AUTH_RESPONSE', version: 3, deviceName })
  await delay(30)
  other.exec('COMMIT')
  t.equal(await obey(phone), 1)
})

/** A store of which one method is broken. */
class BrokenStore extends MemoryDeviceStore {
  broken: 'claim' | 'get' | 'settle' | 'release' | 'heartbeat' | undefined

  #check(method: BrokenStore['broken']): void {
    if (this.broken === method) throw new TypeError(`${method} is broken`)
  }
  override async claim(lease: Lease) {
    this.#check('claim')
    return super.claim(lease)
  }
  override async get(name: string) {
    this.#check('get')
    return super.get(name)
  }
  override async settle(...args: Parameters<MemoryDeviceStore['settle']>) {
    this.#check('settle')
    return super.settle(...args)
  }
  override async release(lease: Lease) {
    this.#check('release')
    return super.release(lease)
  }
  override async heartbeat(node: string, untilMs: number) {
    this.#check('heartbeat')
    return super.heartbeat(node, untilMs)
  }
}

t.test('whatever a store throws ends one session, in words', async t => {
  const store = new BrokenStore({ now: () => NOW.getTime() })
  const server = await serve(t, { store })
  for (const broken of ['claim', 'settle', 'get'] as const) {
    const deviceName = broken === 'get' ? 'SEPFFFFFFFFFFFF' : await server.device()
    store.broken = broken
    t.equal(await server.session(deviceName), 7, broken)
    store.broken = undefined
    t.match(await server.summary(deviceName), { detail: `${broken} is broken`, status: undefined })
    if (broken === 'get') continue
    t.match(await server.row(deviceName), { operation: 'install', status: 2 })
    t.equal(await untilDone(server, deviceName), 1)
  }
})

t.test('a server whose store does not take its first heartbeat does not start', async t => {
  const store = new BrokenStore()
  store.broken = 'heartbeat'
  await t.rejects(serve(t, { store }), { message: 'heartbeat is broken' })
})

t.test('a lease that could not be ended is ended as soon as the store lets it be', async t => {
  const store = new BrokenStore({ now: () => NOW.getTime() })
  await store.add([{ name: 'SEP1', operation: 'install' }])
  const errors: unknown[] = []
  await using node = new StoreNode({ id: 'one', store, now: () => NOW, onError: error => errors.push(error), beatMs: 5 })
  await node.start()
  const lease = { name: 'SEP1', node: 'one', token: 'a' }
  t.ok(await store.claim(lease))
  store.broken = 'release'
  node.orphan(lease)
  while (errors.length < 3) await delay(1)
  t.equal(await store.claim({ ...lease, token: 'b' }), undefined, 'not yet')
  t.match(errors[0], { message: 'release is broken' })
  store.broken = undefined
  while (!(await store.claim({ ...lease, token: 'b' }))) await delay(1)
  t.pass('free')
})

t.test('a claim that could not be written is no claim: the phone is refused before it is asked for anything', async t => {
  const file = join(folder, 'unwritten.db')
  const store = new SqliteDeviceStore({ file, now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const deviceName = await server.device()
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  // What is wrong is found when the transaction ends, not in the statement: as with a disk that is full.
  other.exec(`CREATE TABLE ledger (name TEXT REFERENCES device (name) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER unwritable AFTER UPDATE OF leasetoken ON device BEGIN INSERT INTO ledger VALUES ('nobody'); END`)
  t.equal(await server.session(deviceName), 7)
  t.match(server.logLines().at(-1), { deviceName, state: 'AWAIT_DEVICE_RESP', detail: /STORE_FAILED/ })
  other.exec('DROP TRIGGER unwritable')
  t.equal(await untilDone(server, deviceName), 1)
})

t.test('a store file that is removed while it is open is missed at once: nothing is enrolled into nowhere', async t => {
  const file = join(folder, 'removed.db')
  const store = new SqliteDeviceStore({ file, now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const deviceName = await server.device()
  for (const end of ['', '-wal', '-shm']) renameSync(file + end, `${file}.away${end}`)
  t.equal(await server.session(deviceName), 7)
  t.match(server.logLines().at(-1), { deviceName, detail: /removed or replaced while it was open.*STORE_OPEN_FAILED/ })
  await t.rejects(store.heartbeat('node', 1), { code: 'STORE_OPEN_FAILED' })
  for (const end of ['', '-wal', '-shm']) renameSync(`${file}.away${end}`, file + end)
  t.equal(await untilDone(server, deviceName), 1, 'it is back')
})
