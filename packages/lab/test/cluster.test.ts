import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseCertificate } from '@capfkit/pki'
import t from 'tap'
import { type ClusterInit, LabClock, LyingResolver, PUBLISHER, startCluster } from '../src/index.ts'

const ANY = '127.0.0.1:0'
const PORTS = { capf: ANY, tvs: ANY, http: ANY, tftp: ANY, ra: ANY, adcs: ANY } as const
const NAME = 'SEP020000000001'

const start = (folder: string, options: ClusterInit['options']) => startCluster({ folder, options: { ...PORTS, ...options } })

t.test('a phone boots and enrols through CAPF, registration authority and AD CS', async t => {
  const folder = t.testdir()
  await using cluster = await start(folder, { issuer: 'online' })
  t.strictSame(
    cluster.listening.map(({ service }) => service),
    ['CAPF', 'TVS', 'HTTP', 'TFTP', 'RA', 'AD CS'],
  )
  await cluster.store.add([{ name: NAME, operation: 'install' }])
  const phone = cluster.newPhone({ deviceName: NAME })
  const result = await cluster.boot(phone)
  t.match(result, { ok: true, capf: { operation: 'install', lsc: 'installed' } })
  const { issuerDer } = parseCertificate(phone.lsc!.certificateDer)
  const [ca] = cluster.chain!.onlineCa.caCertificates
  t.ok(issuerDer.equals(parseCertificate(ca!).subjectDer), 'AD CS signed')
  t.match(await cluster.store.get(NAME), { operation: 'none', status: 3 })

  const log = (name: RegExp) => readFileSync(join(folder, readdirSync(folder).find(file => name.test(file))!), 'utf8')
  t.match(log(/^capf0001/), /Enrollment rv = 0 \(EST_ERR_NONE\)/)
  t.match(log(/^error\.log/), /POST \/\.well-known\/est\/simpleenroll/)
  t.match(log(/^u_ex/), /GET \/certsrv\/certnew\.cer ReqID=1&ENC=b64/)
  const page = log(/^addresses/)
  for (const { service, address } of cluster.listening) t.match(page, new RegExp(`^${service} +${address} `, 'm'))
  for (const file of readdirSync(folder).filter(file => file.endsWith('.pem')))
    t.equal(statSync(join(folder, file)).mode & 0o077, 0, `${file} is for its owner alone`)
})

t.test('with the embedded CA there is no registration authority', async t => {
  await using cluster = await start(t.testdir(), { issuer: 'local' })
  await cluster.store.add([{ name: NAME, operation: 'install' }])
  const phone = cluster.newPhone({ deviceName: NAME })
  t.match(await cluster.boot(phone), { ok: true, capf: { lsc: 'installed' } })
  t.equal(cluster.chain, undefined)
  t.equal(cluster.listening.length, 4)
})

t.test('several clusters run in one process, and a phone of one does not believe the other', async t => {
  await using first = await start(t.testdir({ a: {} }), { issuer: 'local' })
  await using second = await start(join(t.testdirName, 'a'), { issuer: 'local' })
  const phone = first.newPhone({ deviceName: NAME })
  for (const cluster of [first, second]) await cluster.store.add([{ name: NAME }])
  t.match(await first.boot(phone), { ok: true })
  const moved = await second.boot(phone)
  t.equal(moved.ok, false)
  t.ok(
    phone.statusMessages.some(({ text }) => /Trust List/.test(text)),
    phone.statusMessages.map(({ text }) => text).join(),
  )
})

t.test('its clock can be turned, and its DNS can forget the publisher', async t => {
  const [clock, names] = [new LabClock(), new LyingResolver()]
  await using cluster = await startCluster({ folder: t.testdir(), options: { ...PORTS, issuer: 'local' }, clock, names })
  await cluster.store.add([{ name: NAME, operation: 'install' }])
  const phone = cluster.newPhone({ deviceName: NAME })
  names.forget(PUBLISHER)
  t.match(await cluster.boot(phone), { ok: false, failure: { code: 'PHONE_NAME_UNKNOWN' } })
  t.ok(phone.statusMessages.some(({ text }) => text === `DNS unknown IPv4 host ${PUBLISHER}`))
  names.add(PUBLISHER)
  clock.turn(86_400_000)
  t.match(await cluster.boot(phone), { ok: true, capf: { lsc: 'installed' } })
  const { notBefore } = parseCertificate(phone.lsc!.certificateDer)
  t.ok(notBefore.getTime() > Date.now(), 'by the clock of the laboratory it is tomorrow')
  t.throws(() => clock.turn(-1), /forward/)
})

t.test('a port that is taken, and a wrong option, are said before anything is left running', async t => {
  await using cluster = await start(t.testdir(), { issuer: 'local' })
  const taken = cluster.listening[0]!.address
  await t.rejects(start(t.testdirName, { issuer: 'local', capf: taken }), { code: 'LISTEN_PORT_IN_USE' })
  await t.rejects(start(t.testdirName, { capf: 'nowhere' }), { name: 'OptionError' })
})
