import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CapfServer } from '../src/capf-server.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { bringTo, bystander } from './bystander.ts'
import { capf, NOW } from './certificates.ts'
import { obey, ScriptedPhone } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { tcpClient } from './tcp-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-server-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const start = (init: Partial<Parameters<typeof CapfServer.start>[0]> = {}) =>
  CapfServer.start({
    store: new MemoryDeviceStore(),
    certificate: capf,
    ...init,
    options: { listen: '127.0.0.1:0', ...init.options },
  })

t.test('port 0 picks a free port and says which', async t => {
  await using one = await start()
  await using two = await start()
  t.ok(one.address.port > 0 && two.address.port > 0)
  t.not(one.address.port, two.address.port)
  t.equal(one.address.host, '127.0.0.1')
})

t.test('where nobody can listen the code says why, and the store has no node left', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const listen = `127.0.0.1:${port}`
  const inUse = { name: 'ListenError', code: 'LISTEN_PORT_IN_USE', where: listen, message: /another program listens.*--listen/ }
  await t.rejects(start({ options: { listen } }), inUse)
  const elsewhere = '192.0.2.1:0'
  const failed = { name: 'ListenError', code: 'LISTEN_FAILED', where: elsewhere }
  await t.rejects(start({ options: { listen: elsewhere } }), failed)
  await t.rejects(start({ options: { listen: '127.0.0.1:99999' } }), { name: 'OptionError', message: /listen must be HOST:PORT/ })

  const store = new MemoryDeviceStore()
  await store.add([{ name: 'SEP1', operation: 'install' }])
  await t.rejects(start({ store, options: { listen } }), inUse)
  t.ok(await store.claim({ name: 'SEP1', node: 'another', token: 'a' }))
})

t.test('a wrong option is told before anything is opened', async t => {
  await t.rejects(start({ options: { listen: 'nowhere' } }), {
    name: 'OptionError',
    message: /listen must be HOST:PORT, got "nowhere"/,
  })
  await t.rejects(start({ options: { lscDays: 0 } }), { name: 'OptionError', code: 'CONFIG_OUT_OF_RANGE' })
})

t.test('a server that drains finishes its sessions, takes no new ones, and cuts who only sits there', async t => {
  const server = await serve(t)
  const { port } = server.server.address
  const { finish } = await bystander(server)
  const silent = await tcpClient(port)
  const closed = server.server.close(600_000)
  t.equal(server.server.close(0), closed, 'the second call waits for the first')
  await silent.closed
  await t.rejects(ScriptedPhone.connect({ port }), { code: 'ECONNREFUSED' })
  t.equal(await finish(), 1)
  await closed
  await server.quiet()
  t.match(await server.summary(), { status: 'CAPF_OP_SUCCESS', reason: 1 })
})

t.test('a drain that takes too long cuts the sessions that are left: REASON 7, the order stays', async t => {
  const server = await serve(t)
  const names = [await server.device(), await server.device()]
  const phones = await Promise.all(names.map(() => server.phone()))
  for (const [index, phone] of phones.entries()) await bringTo.key(phone, names[index]!)
  const unknown = await server.phone()
  await unknown.expect('AUTH_REQUEST')
  const closed = server.server.close(20)
  for (const phone of [...phones, unknown]) t.equal(await phone.reason(), 7)
  await closed
  for (const name of names) {
    t.match(await server.row(name), { operation: 'install', status: 13 })
    t.match(await server.summary(name), { detail: 'the server stops', state: 'AWAIT_KEY_GEN_RESP' })
  }
})

t.test('cut ends every session and the server goes on', async t => {
  const server = await serve(t)
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.key(phone, deviceName)
  server.server.cut()
  t.equal(await phone.reason(), 7)
  t.match(await server.row(deviceName), { operation: 'install', status: 13 })
  const { finish } = await bystander(server)
  t.equal(await server.session(deviceName), 1)
  await delay(1_200)
  t.equal(await finish(), 1, 'a session that began afterwards is not cut with the others')
})

t.test('a closed server has written all outcomes, those of phones that had hung up included', async t => {
  const gate = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const store = new (class extends MemoryDeviceStore {
    override async settle(...args: Parameters<MemoryDeviceStore['settle']>): Promise<boolean> {
      asked.resolve()
      await gate.promise
      return super.settle(...args)
    }
  })({ now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.key(phone, deviceName)
  phone.reset()
  await asked.promise
  await server.quiet()
  let isClosed = false
  const closed = server.server.close(0).then(() => {
    isClosed = true
  })
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.equal(isClosed, false)
  gate.resolve()
  await closed
  t.match(await server.row(deviceName), { operation: 'install', status: 13 })
})

t.test('a store that never answers does not keep a server from closing', async t => {
  const store = new (class extends MemoryDeviceStore {
    override settle(): Promise<boolean> {
      return new Promise(() => {})
    }
  })({ now: () => NOW.getTime() })
  const server = await serve(t, { store, options: { storeLockTimeoutMs: 50, replyTimeoutMs: 1000 } })
  const phone = await server.phone()
  await bringTo.key(phone, await server.device())
  phone.reset()
  await server.quiet()
  await server.server.close(0)
  t.equal(server.summaries.length, 0, 'the session still waits')
})

t.test('TLS secrets go to the key log, for its owner alone, and a key log that cannot be written harms nobody', async t => {
  const keylog = join(folder, 'keys.log')
  const server = await serve(t, { options: { keylog } })
  t.equal(await server.session(await server.device()), 1)
  t.match(readFileSync(keylog, 'utf8'), /^SERVER_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]+\n/)
  t.equal((statSync(keylog).mode & 0o777).toString(8), '600')

  const broken = await serve(t, { options: { keylog: join(folder, 'nowhere/keys.log') } })
  t.equal(await broken.session(await broken.device()), 1)
  t.ok(broken.logLines().some(({ msg }) => msg === 'no key log'))
})

// [CAPF-1.2]
t.test('session ids differ, and cannot be foreseen from those before', async t => {
  const server = await serve(t)
  const ids: number[] = []
  for (let count = 0; count < 40; count++) {
    const phone = await server.phone()
    ids.push((await phone.expect('AUTH_REQUEST')).sessionId)
    phone.hangUp()
  }
  t.equal(new Set(ids).size, ids.length)
  const steps = ids.slice(1).map((id, index) => id - ids[index]!)
  t.equal(new Set(steps).size, steps.length, 'no two steps from one to the next are alike')
  t.ok(ids.some(id => id > 2 ** 31) && ids.some(id => id < 2 ** 31))
})

// [CAPF-1.3]
t.test('every frame of the server leaves in one piece', async t => {
  const server = await serve(t)
  const phone = await server.phone()
  await phone.greet(await server.device())
  t.equal(await obey(phone), 1)
  t.equal(phone.records.length, 4)
  t.strictSame(
    phone.records.map(record => record.length - 8),
    phone.records.map(record => record.readUInt16BE(6)),
    'one TLS record, one whole frame',
  )
})

t.test('the counters say how sessions ended', async t => {
  const server = await serve(t)
  await server.session(await server.device())
  await server.session(await server.device({ completesBy: '2020:01:01:00:00' }))
  await server.session(await server.device({ operation: 'delete' }))
  await server.session('SEPFFFFFFFFFFFF')
  t.strictSame(server.server.counters.counts, {
    sessions: { 'install CAPF_OP_SUCCESS': 1, 'install CAPF_OP_FAIL_LATE_REQUEST': 1, 'delete CAPF_OP_SUCCESS': 1, 'none none': 1 },
    rejected: {},
  })
})
