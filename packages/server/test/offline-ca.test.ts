import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCertificate, parseCsr } from '@capfkit/pki'
import t from 'tap'
import { importCertificate } from '../src/issuers/import-certificate.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import { signed } from './ca-behind-enrol.ts'
import { manufacturer, NOW, recorded } from './certificates.ts'
import { keptIn } from './kept-requests.ts'
import { obey, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const newKey = signing()
const options = { issuer: 'offline' } as const

// [CAPF-3.8]
t.test('a request is kept, carried to a CA, and its certificate goes to the phone with the next session', async t => {
  const server = await serve(t, { options, lscCas: [manufacturer.certificateDer] })
  const { requests } = server.store
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  t.match(await server.row(name), { operation: 'install', status: 2 }, 'the device stays pending')
  t.match(await server.summary(name), { status: 'CAPF_OP_WAITING', state: 'AWAIT_CA_CERT_RESP', detail: /REQUEST_KEPT/ })
  t.match(server.logLines().at(-1), { level: 30, msg: 'session ended' }, 'which is no failure')

  const [kept] = await keptIn(requests)
  t.match(kept, { deviceName: name, state: 'waiting', dueMs: undefined })
  t.equal(parseCsr(kept!.csrDer).verify(), true)

  t.equal(await server.session(name, newKey.answers), 0, 'a phone that comes too early is told to come again')
  t.match(await server.row(name), { operation: 'install', status: 2 })
  t.equal(await requests.count(), 1)

  const certificateDer = await signed(kept!.csrDer)
  t.strictSame(await importCertificate(requests, certificateDer), { outcome: 'issued', deviceName: name })
  t.strictSame(await importCertificate(requests, certificateDer), { outcome: 'unmatched' }, 'it is there already')
  const phone = await server.phone()
  await phone.greet(name)
  t.equal(await obey(phone), 1)
  t.strictSame(storedOn(phone), certificateDer)
  const row = await server.row(name)
  t.match(row, { operation: 'none', status: 3 })
  t.strictSame(row.certificate?.certificateDer, certificateDer)
  t.strictSame(row.certificate?.issuerValidUntil, parseCertificate(manufacturer.certificateDer).notAfter)
  t.equal(await requests.count(), 0)
})

t.test('a certificate that no known CA has signed is installed as it was brought, and the log says what will go wrong', async t => {
  for (const [lscCas, warning] of [
    [[recorded('tvs').certificateDer], /no CA of --lsc-ca has signed the LSC.*ca-unknown/],
    [[recorded('tvs').certificateDer, manufacturer.certificateDer], undefined],
    [[], undefined],
  ] as const) {
    const server = await serve(t, { options, lscCas })
    const name = await server.device()
    t.equal(await server.session(name, phoneKey.answers), 0)
    const [kept] = await keptIn(server.store.requests)
    await importCertificate(server.store.requests, await signed(kept!.csrDer))
    t.equal(await server.session(name), 1)
    const line = server.logLines().at(-1)
    t.match(line, { msg: 'session ended', level: warning ? 40 : 30 })
    if (warning) t.match(line?.warning, warning)
    else t.equal(line?.warning, undefined)
  }
})

t.test('a certificate for a request that a new order has superseded is a stale LSC', async t => {
  const server = await serve(t, { options })
  const { requests } = server.store
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  await server.store.change(name, { operation: 'install' })
  t.equal(await server.session(name, newKey.answers), 0)
  const [first, second] = await keptIn(requests)
  t.match([first?.state, second?.state], ['superseded', 'waiting'])
  t.strictSame(await importCertificate(requests, await signed(first!.csrDer)), { outcome: 'stale', deviceName: name })
  t.strictSame(await importCertificate(requests, await signed(second!.csrDer)), { outcome: 'issued', deviceName: name })
  t.equal(await server.session(name), 1)
  t.match(await keptIn(requests), [{ state: 'stale' }])
})

t.test('requests and certificates survive a restart', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-offline-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const open = () => new SqliteDeviceStore({ file: join(folder, 'capf.db'), now: () => NOW.getTime() })
  const first = await serve(t, { store: open(), options })
  const name = await first.device()
  t.equal(await first.session(name, phoneKey.answers), 0)
  await first.server.close(0)
  {
    await using store = open()
    const [kept] = await keptIn(store.requests)
    t.match(await importCertificate(store.requests, await signed(kept!.csrDer)), { outcome: 'issued' })
  }
  const second = await serve(t, { store: open(), options })
  t.equal(await second.session(name), 1)
  t.match(await second.row(name), { operation: 'none', status: 3 })
})

t.test('of two devices with one key the certificate goes to the one that it names', async t => {
  const server = await serve(t, { options })
  const names = [await server.device(), await server.device()]
  for (const name of names) t.equal(await server.session(name, phoneKey.answers), 0)
  const [first, second] = await keptIn(server.store.requests)
  t.match(await importCertificate(server.store.requests, await signed(first!.csrDer)), { deviceName: names[0] })
  t.match(await importCertificate(server.store.requests, await signed(second!.csrDer)), { deviceName: names[1] })
})

t.test('what is for no request is matched to none', async t => {
  const server = await serve(t, { options })
  await server.session(await server.device(), phoneKey.answers)
  const { requests } = server.store
  for (const name of ['mca', 'lsc-rsa2048-SEP00000000C001'])
    t.strictSame(await importCertificate(requests, recorded(name).certificateDer), { outcome: 'unmatched' }, name)
  await t.rejects(importCertificate(requests, Buffer.from('3082cafe', 'hex')), { code: 'PKI_BAD_CERTIFICATE' })
  await t.rejects(importCertificate(requests, Buffer.alloc(65_001)), { code: 'CA_CERTIFICATE_TOO_LARGE' })
  t.match(await keptIn(requests), [{ state: 'waiting' }])
})

t.test('a phone that does not offer to sign is refused', async t => {
  const server = await serve(t, { options })
  const name = await server.device()
  t.equal(await server.session(name), 7)
  t.match(await server.row(name), { operation: 'install', status: 16 })
  t.equal(await server.store.requests.count(), 0)
})
