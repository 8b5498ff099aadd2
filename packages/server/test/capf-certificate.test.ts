import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCertificate } from '@capfkit/pki'
import t from 'tap'
import { CapfServer } from '../src/capf-server.ts'
import { newCertificateAndKey, readOrMakeCertificate } from '../src/certificate-file.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { bringTo } from './bystander.ts'
import { capf, NOW, publicKey, recorded } from './certificates.ts'
import { obey, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-server-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const start = (init: Partial<Parameters<typeof CapfServer.start>[0]> = {}) =>
  CapfServer.start({
    store: new MemoryDeviceStore(),
    certificate: capf,
    ...init,
    options: { listen: '127.0.0.1:0', ...init.options },
  })

t.test('a certificate that cannot serve is refused at the start', async t => {
  const invalid = { name: 'ServerError', code: 'SERVER_CERTIFICATE_INVALID' }
  const { certificateDer, certificatePem } = capf
  const { privateKey, keyPem } = recorded('tvs')
  await t.rejects(start({ certificate: { certificateDer, certificatePem, privateKey, keyPem } }), invalid, "another one's key")
  const phone = recorded('lsc-rsa2048-SEP00000000C001')
  await t.rejects(start({ certificate: phone }), { ...invalid, message: /PKI_NOT_A_CA/ }, 'no CA')
  await t.rejects(start({ ca: phone }), { ...invalid, where: 'the issuer of LSCs' })
})

// [CAPF-1.6]
t.test('a CAPF certificate is made once, for its owner alone, and read from then on', async t => {
  const file = join(folder, 'made.pem')
  const first = await readOrMakeCertificate(file, NOW)
  t.equal(first.made, true)
  t.equal((statSync(file).mode & 0o777).toString(8), '600')
  t.match(parseCertificate(first.certificateDer).subject, [{ type: 'CN', value: /^CAPF-[0-9a-f]{8}$/ }])
  const second = await readOrMakeCertificate(file, NOW)
  t.equal(second.made, false)
  t.strictSame(second.certificateDer, first.certificateDer)
  await t.rejects(readOrMakeCertificate(join(folder, 'nowhere/capf.pem'), NOW), { code: 'SERVER_CERTIFICATE_UNWRITABLE' })
})

t.test('of several that make the CAPF certificate at the same moment one does, and all have the same', async t => {
  const file = join(t.testdir(), 'capf.pem')
  const pairs = await Promise.all(Array.from({ length: 4 }, () => readOrMakeCertificate(file, NOW)))
  t.equal(pairs.filter(({ made }) => made).length, 1)
  t.equal(new Set(pairs.map(({ certificateDer }) => certificateDer.toString('hex'))).size, 1)
  t.strictSame(readdirSync(t.testdirName), ['capf.pem'], 'and nothing else is left')
})

t.test('LSCs come from another CA where one is given', async t => {
  const ca = recorded('tvs')
  const server = await serve(t, { ca })
  const phone = await server.phone()
  t.strictSame(phone.socket.getPeerX509Certificate()?.raw, capf.certificateDer)
  await phone.greet(await server.device())
  t.equal(await obey(phone), 1)
  t.strictSame(parseCertificate(storedOn(phone)!).issuerDer, parseCertificate(ca.certificateDer).subjectDer)
})

t.test('a new certificate is served without a restart, and a running session ends as it began', async t => {
  const server = await serve(t)
  const next = await newCertificateAndKey(NOW)
  const running = await server.phone()
  await bringTo.key(running, await server.device())
  server.server.reload(next)

  const phone = await server.phone()
  t.strictSame(phone.socket.getPeerX509Certificate()?.raw, next.certificateDer)
  await phone.greet(await server.device())
  t.equal(await obey(phone), 1)
  t.strictSame(parseCertificate(storedOn(phone)!).issuerDer, parseCertificate(next.certificateDer).subjectDer)

  running.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }) })
  t.equal(await obey(running), 1)
  t.strictSame(parseCertificate(storedOn(running)!).issuerDer, parseCertificate(capf.certificateDer).subjectDer)
})

t.test('a certificate that cannot serve is not taken over, and the one of before stays', async t => {
  const server = await serve(t)
  const { keyPem, privateKey } = recorded('tvs')
  const { certificateDer, certificatePem } = await newCertificateAndKey(NOW)
  const mixed = { certificateDer, certificatePem, keyPem, privateKey }
  for (const certificate of [mixed, recorded('lsc-rsa2048-SEP00000000C001'), { ...capf, keyPem }])
    t.throws(() => server.server.reload(certificate), { name: 'ServerError', code: 'SERVER_CERTIFICATE_INVALID' })
  const phone = await server.phone()
  t.strictSame(phone.socket.getPeerX509Certificate()?.raw, capf.certificateDer)
  await phone.greet(await server.device())
  t.equal(await obey(phone), 1)
})
