import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseOptions } from '@capfkit/codec/options'
import { CertificateIssuer, derToPem, generateKeyPair, privateKeyPem, signAuthentication } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { newCertificateAndKey } from '../src/certificate-file.ts'
import { SERVER_OPTIONS, type ServerOptions } from '../src/options.ts'
import { ServerGroup, type ServerGroupInit } from '../src/server-group.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import { bringTo } from './bystander.ts'
import { publicKey } from './certificates.ts'
import { obey, ScriptedPhone } from './scripted-phone.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-group-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const certificate = await newCertificateAndKey(new Date())

/** Two workers on one port and one SQLite file, and the file as `capf device` would open it. */
const serveGroup = async (
  t: Test,
  { options, ...init }: { options?: Partial<ServerOptions> } & Partial<Omit<ServerGroupInit, 'options'>>,
) => {
  const file = join(folder, `${t.name.replaceAll(/\W/g, '')}.db`)
  const given = { listen: '127.0.0.1:0', store: `sqlite:${file}`, workers: 2, logLevel: 'silent', ...options } as const
  const group = await ServerGroup.start({ certificate, options: parseOptions(SERVER_OPTIONS, given), ...init })
  const store = new SqliteDeviceStore({ file })
  t.teardown(async () => {
    await group[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
  const { port } = group.address
  const phone = () => ScriptedPhone.connect({ port })
  const session = async (deviceName: string): Promise<number> => {
    const own = await phone()
    await own.greet(deviceName)
    return obey(own)
  }
  const devices = async (count: number): Promise<string[]> => {
    const names = Array.from({ length: count }, (_, index) => `SEP${String(index).padStart(12, '0')}`)
    await store.add(names.map(name => ({ name, operation: 'install' })))
    return names
  }
  return { group, store, phone, session, devices }
}

const isServed = (port: number): Promise<boolean> =>
  ScriptedPhone.connect({ port }).then(
    phone => {
      phone.hangUp()
      return true
    },
    () => false,
  )

t.test('workers share a port and a store, and are counted together', async t => {
  const { group, store, session, devices } = await serveGroup(t, {})
  const names = await devices(40)
  const reasons = await Promise.all(names.map(session))
  t.ok(reasons.every(reason => reason === 1))
  t.equal(await store.count({ operation: 'none', status: 3 }), 40)
  t.equal(group.pids.length, 2)
  const { counts, workers, memoryBytes, cpuMs } = await group.freshReport()
  t.strictSame(counts.sessions, { 'install CAPF_OP_SUCCESS': 40 })
  t.equal(workers, 2)
  t.ok(memoryBytes > 0 && cpuMs > 0)
})

t.test('of two sessions for one device, on whichever workers, one goes on', async t => {
  const { store, session, devices } = await serveGroup(t, {})
  const [name] = (await devices(1)) as [string]
  const reasons = await Promise.all(Array.from({ length: 12 }, () => session(name)))
  t.equal(reasons.filter(reason => reason === 1).length, 1, `${reasons}`)
  t.match(await store.get(name), { operation: 'none', status: 3 })
})

t.test('a worker that dies is told of and replaced, and phones are served on', async t => {
  const lost: string[] = []
  const { group, session, devices } = await serveGroup(t, { onWorkerLost: ({ code }) => lost.push(code) })
  const names = await devices(10)
  const [victim] = group.pids
  process.kill(victim!, 'SIGKILL')
  while (lost.length === 0) await delay(5)
  t.strictSame(lost, ['SERVER_WORKER_FAILED'])
  for (const name of names.slice(0, 5)) t.equal(await session(name), 1, 'one worker is left')
  while (group.pids.length < 2) await delay(20)
  t.notOk(group.pids.includes(victim!))
  for (const name of names.slice(5)) t.equal(await session(name), 1)
})

t.test('a new certificate reaches every worker', async t => {
  const { group, phone } = await serveGroup(t, {})
  const next = await newCertificateAndKey(new Date())
  group.reload(next)
  const isNew = async () => {
    const own = await phone()
    const { raw } = own.socket.getPeerX509Certificate()!
    own.hangUp()
    return raw.equals(next.certificateDer)
  }
  while (!(await isNew())) await delay(5)
  // A worker is told in its own time; from some moment on nobody shows the old one.
  let inARow = 0
  while (inARow < 20) inARow = (await isNew()) ? inARow + 1 : 0
  t.pass('twenty connections in a row')
})

t.test('a group that drains lets its sessions end', async t => {
  const { group, store, phone, devices } = await serveGroup(t, {})
  const names = await devices(4)
  const phones = await Promise.all(names.map(phone))
  for (const [index, own] of phones.entries()) await bringTo.key(own, names[index]!)
  const closed = group.close()
  for (const own of phones) {
    own.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }) })
    t.equal(await obey(own), 1)
  }
  await closed
  t.equal(await store.count({ status: 3 }), 4)
  t.strictSame(group.pids, [])
  await t.rejects(phone(), { code: 'ECONNREFUSED' })
})

t.test('a group that cannot start says why, with the code of its worker, and leaves no process', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const listen = `127.0.0.1:${(other.address() as { port: number }).port}`
  await t.rejects(serveGroup(t, { options: { listen } }), { name: 'ListenError', code: 'LISTEN_PORT_IN_USE', where: listen })
  await t.rejects(serveGroup(t, { options: { store: `sqlite:${folder}` } }), { code: 'STORE_OPEN_FAILED' })
})

t.test('a certificate that cannot sign is refused, and the workers go on with the one they have', async t => {
  const { group, session, devices } = await serveGroup(t, {})
  const [name = ''] = await devices(1)
  const pids = group.pids
  const keyPair = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const issuer = CertificateIssuer.create({ ...certificate, profile: 'lsc', now: () => new Date() })
  const { certificateDer } = await issuer.issue({ subject: [{ type: 'CN', value: 'no CA' }], publicKeyDer: keyPair.publicKeyDer })
  const { privateKey } = keyPair
  const useless = { certificateDer, privateKey, certificatePem: derToPem(certificateDer), keyPem: privateKeyPem(privateKey) }
  t.throws(() => group.reload(useless), { code: 'SERVER_CERTIFICATE_INVALID' })
  t.equal(await session(name), 1)
  t.strictSame(group.pids, pids)
})

t.test('when every worker is gone at once, the group goes on: they are started again', async t => {
  const lost: string[] = []
  const { group, session, devices } = await serveGroup(t, { onWorkerLost: ({ code }) => lost.push(code) })
  const [name = ''] = await devices(1)
  for (const pid of group.pids) process.kill(pid, 'SIGKILL')
  while (lost.length < 2) await delay(5)
  t.strictSame(group.pids, [])
  t.ok(process.getActiveResourcesInfo().includes('Timeout'), 'what starts them keeps the process alive until it has')
  while (group.pids.length < 2) await delay(20)
  while (!(await isServed(group.address.port))) await delay(20)
  t.equal(await session(name), 1)
})

t.test('a hang-up that reaches a worker is for its parent to judge', async t => {
  const lost: string[] = []
  const { group, session, devices } = await serveGroup(t, { onWorkerLost: ({ code }) => lost.push(code) })
  const names = await devices(4)
  for (const pid of group.pids) process.kill(pid, 'SIGHUP')
  for (const name of names) t.equal(await session(name), 1)
  t.strictSame(lost, [])
})

t.test('a second group on the port of the first is told so, though workers share ports', async t => {
  const { group, session, devices } = await serveGroup(t, {})
  const [name = ''] = await devices(1)
  const listen = `127.0.0.1:${group.address.port}`
  const options = parseOptions(SERVER_OPTIONS, { listen, store: `sqlite:${join(folder, 'second.db')}`, workers: 2 })
  await t.rejects(ServerGroup.start({ certificate, options }), { code: 'LISTEN_PORT_IN_USE', where: listen })
  t.equal(await session(name), 1, 'and the first has not noticed')
})

t.test('a worker that is started again believes the LSCs of before a reload, as the others do', async t => {
  const { group, store, phone, devices } = await serveGroup(t, { options: { workers: 1 } })
  const [name = ''] = await devices(1)
  const keyPair = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const first = await phone()
  await bringTo.key(first, name)
  first.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: keyPair.publicKeyDer })
  t.equal(await obey(first), 1)
  const { certificateDer } = (await store.get(name))!.certificate!
  group.reload(await newCertificateAndKey(new Date()))
  const [victim = 0] = group.pids
  process.kill(victim, 'SIGKILL')
  // The port is the sign that the new one is ready.
  while (group.pids.length === 0 || group.pids.includes(victim) || !(await isServed(group.address.port))) await delay(20)
  await store.change(name, { operation: 'install', authMode: 'lsc' })
  const { signedData, sha2SignedData } = signAuthentication({ deviceName: name, certificateDer, privateKey: keyPair.privateKey })
  const second = await phone()
  await second.greet(name, {
    certificate: { certificateType: 1, certificateDer },
    signedData,
    sha2SignedData: { digestType: 3, signature: sha2SignedData },
  })
  t.equal(await obey(second), 1)
})

t.test('a worker that hangs does not keep a group from ending', { timeout: 20_000 }, async t => {
  const { group } = await serveGroup(t, { options: { workers: 1, drainTimeoutMs: 1, storeLockTimeoutMs: 1 } })
  const [pid = 0] = group.pids
  process.kill(pid, 'SIGSTOP')
  await group.close()
  t.strictSame(group.pids, [])
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})
