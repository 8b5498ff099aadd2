import { EstServer, type EstServerOptions, embeddedAuthority, trustAnchors } from '@capfkit/est'
import { Phone } from '@capfkit/phone'
import { certificateAndKey, createSelfSigned, generateKeyPair, newCapfCa, parseCertificate, parseName } from '@capfkit/pki'
import { CapfServer, MemoryDeviceStore, type ServerOptions } from '@capfkit/server'
import t, { type Test } from 'tap'
import { askOverEst, serverEstClient } from '../src/online-ca.ts'

const now = () => new Date()
const NAME = 'SEP020000000001'

const newPair = async (options: Pick<Parameters<typeof createSelfSigned>[0], 'profile' | 'subjectAltName'> & { name: string }) => {
  const keyPair = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
  const notBefore = new Date(now().getTime() - 3_600_000)
  const der = await createSelfSigned({ ...options, subject: parseName(options.name), keyPair, notBefore })
  return certificateAndKey(der, keyPair.privateKey)
}

const ca = await newPair({ profile: 'enterpriseCa', name: 'CN=LAB-DC-RTP' })
const web = await newPair({ profile: 'webServer', name: 'CN=ra', subjectAltName: { ip: ['127.0.0.1'] } })
const capf = await newCapfCa({ now })
const phoneKey = await generateKeyPair({ type: 'rsa', bits: 2048 })

/** CAPF in front of a registration authority, as two parties on loopback, and a phone that does not sign requests. */
const online = async (t: Test, options: { ra?: Partial<EstServerOptions>; capf?: Partial<ServerOptions> }) => {
  const ra = await EstServer.start({
    authority: embeddedAuthority({ ca, now }),
    certificate: web,
    options: { listen: '127.0.0.1:0', httpAuth: 'off', clientCertificates: 'off', logLevel: 'silent', ...options.ra },
  })
  const client = serverEstClient(
    { server: ra.address, trust: trustAnchors([web.certificateDer]) },
    { caTimeoutMs: 10_000, caLateMs: 10_000, caConcurrency: 4 },
  )
  const store = new MemoryDeviceStore({ now: () => now().getTime() })
  await store.add([{ name: NAME, operation: 'install' }])
  const server = await CapfServer.start({
    store,
    certificate: certificateAndKey(capf.certificateDer, capf.keyPair.privateKey),
    onlineCa: { ...askOverEst(client), caCertificates: [ca.certificateDer], ...ra.address, template: 'default' },
    options: { listen: '127.0.0.1:0', issuer: 'online', ...options.capf },
  })
  t.teardown(async () => {
    await server[Symbol.asyncDispose]()
    client[Symbol.dispose]()
    await ra[Symbol.asyncDispose]()
  })
  const phone = new Phone({
    deviceName: NAME,
    makeKey: async () => phoneKey,
    trusted: [capf.certificateDer],
    authMode: 'null',
    options: { retries: 0 },
  })
  const enrol = () => phone.contactCapf({ servers: [server.address] })
  return { phone, enrol, store }
}

// [CAPF-3.7]
t.test('a phone that does not sign requests, behind a registration authority', async t => {
  const capfKey = { unsignedRequests: 'capf-key' } as const
  await t.test('which checks the signature: no certificate', async t => {
    const { enrol, store } = await online(t, { capf: capfKey })
    t.match(await enrol(), { ok: false, failure: { code: 'PHONE_REFUSED', phase: 'issue' } })
    t.match(await store.get(NAME), { operation: 'install', status: 16 })
  })

  await t.test('which was told not to: a certificate for the key of the phone', async t => {
    const { enrol, store, phone } = await online(t, { capf: capfKey, ra: { requestSignatures: 'ignored' } })
    t.match(await enrol(), { ok: true, lsc: 'installed' })
    const lsc = parseCertificate(phone.lsc!.certificateDer)
    t.strictSame(lsc.publicKeyDer, phoneKey.publicKeyDer)
    t.strictSame(lsc.issuer, [{ type: 'CN', value: 'LAB-DC-RTP' }])
    t.match(await store.get(NAME), { operation: 'none', status: 3 })
  })
})
