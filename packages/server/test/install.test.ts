import { createPublicKey } from 'node:crypto'
import { parseCertificate, readPublicKey, TrustStore, validateChain } from '@capfkit/pki'
import t from 'tap'
import { EC_SIZES, type EcBits, type NewDevice, RSA_SIZES, type RsaBits } from '../src/device.ts'
import { IssueError } from '../src/issuers/issue-error.ts'
import { capf, later, NOW, publicKey } from './certificates.ts'
import { obey, storedOn, wantedKey } from './scripted-phone.ts'
import { serve } from './serving.ts'

const rsa = (bits: RsaBits) => ({ name: `RSA ${bits}`, device: { rsaBits: bits }, request: { keySizeBits: bits, keyType: 0 } })
const ec = (bits: EcBits, curve: number) => ({
  name: `EC ${EC_SIZES[bits]}`,
  device: { keyOrder: 'ec', ecBits: bits } as const,
  request: { keyType: 1, curve },
})
const KEYS: { name: string; device: Partial<NewDevice>; request: object }[] = [
  ...Object.keys(RSA_SIZES).map(bits => rsa(Number(bits) as RsaBits)),
  ...([256, 384, 521] as const).map(ec),
]

for (const { name, device, request } of KEYS) {
  t.test(`install ${name}: the phone is asked for this key and gets a certificate for it`, async t => {
    const { phone, device: add, row, summary } = await serve(t)
    const deviceName = await add(device)
    const own = await phone()
    await own.greet(deviceName)
    const asked = await own.expect('KEY_GENERATE_REQUEST')
    t.strictSame(asked, { name: 'KEY_GENERATE_REQUEST', sessionId: own.sessionId, ...request })
    const publicKeyDer = publicKey(wantedKey(asked))
    own.say({ name: 'REQUEST_IN_PROGRESS' })
    own.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer })
    t.equal(await obey(own), 1)

    const certificate = parseCertificate(storedOn(own)!)
    t.strictSame(certificate.publicKeyDer, publicKeyDer)
    t.match(certificate.subject[0], { type: 'CN', value: deviceName })
    t.equal(validateChain({ leaf: certificate, trusted: new TrustStore({ anchors: [capf.certificateDer] }), at: NOW }).ok, true)

    const after = await row(deviceName)
    t.match(after, { operation: 'none', status: 3 })
    t.strictSame(after.certificate?.certificateDer, certificate.der)
    t.strictSame(after.certificate?.validUntil, certificate.notAfter)
    t.strictSame(after.certificate?.issuerValidUntil, parseCertificate(capf.certificateDer).notAfter)
    t.equal(after.certificate?.issuerName, 'CN=CAPF-TEST;O=Throwaway;OU=Vectors;L=Wellington;C=NZ')
    const { type } = readPublicKey(publicKeyDer).spec
    const key = createPublicKey({ key: publicKeyDer, format: 'der', type: 'spki' })
    const pem = key.export({ type: type === 'rsa' ? 'pkcs1' : 'spki', format: 'pem' })
    t.equal(after.certificate?.publicKeyPem, pem, 'the public key as the product keeps it')
    t.match(await summary(), {
      deviceName,
      operation: 'install',
      status: 'CAPF_OP_SUCCESS',
      state: 'AWAIT_STORE_CERT_RESP',
      reason: 1,
      detail: undefined,
    })
  })
}

t.test('a device that has its certificate is told that there is nothing to do', async t => {
  const server = await serve(t)
  const deviceName = await server.device()
  t.equal(await server.session(deviceName), 1)
  const { certificate } = await server.row(deviceName)
  t.equal(await server.session(deviceName), 0)
  const after = await server.row(deviceName)
  t.match(after, { operation: 'none', status: 3 })
  t.strictSame(after.certificate, certificate)
})

// [CAPF-3.2]
t.test('key order and protocol version decide which key is asked for', async t => {
  const { phone, device, row } = await serve(t)
  const cases = [
    { keyOrder: 'rsa', version: 3, asked: { keySizeBits: 3072, keyType: 0 } },
    { keyOrder: 'rsa', version: 2, asked: { keySizeBits: 3072 } },
    { keyOrder: 'ec-preferred', version: 3, asked: { keyType: 1, curve: 1 } },
    { keyOrder: 'ec-preferred', version: 2, asked: { keySizeBits: 3072 } },
    { keyOrder: 'ec', version: 3, asked: { keyType: 1, curve: 1 } },
  ] as const
  for (const { keyOrder, version, asked } of cases) {
    const own = await phone()
    const name = await device({ keyOrder, rsaBits: 3072, ecBits: 384 })
    await own.greet(name, { version })
    const { name: _, sessionId, ...elements } = await own.expect('KEY_GENERATE_REQUEST')
    t.strictSame(elements, asked, `${keyOrder}, version ${version}`)
    own.say({
      name: 'KEY_GENERATE_RESPONSE',
      publicKeyDer: publicKey(wantedKey({ name: 'KEY_GENERATE_REQUEST', sessionId, ...asked })),
    })
    t.equal(await obey(own), 1)
    t.match(await row(name), { operation: 'none', status: 3 })
  }

  const own = await phone()
  const name = await device({ keyOrder: 'ec' })
  await own.greet(name, { version: 2 })
  t.equal(await own.reason(), 7, 'EC only, version 2')
  t.match(await row(name), { operation: 'install', status: 34 })
})

t.test('a subject with a model, for phones that show it', async t => {
  const { phone, device } = await serve(t, { options: { subjectModel: '8861', lscDays: 30, backdateMs: 60_000 } })
  const name = await device()
  const own = await phone()
  await own.greet(name)
  await obey(own)
  const { subject, notBefore, notAfter } = parseCertificate(storedOn(own)!)
  t.match(subject[0], { type: 'CN', value: `CP-8861-${name}` })
  t.strictSame({ notBefore, notAfter }, { notBefore: later(-60_000), notAfter: later(30 * 86_400_000) })
})

// [CAPF-3.5]
t.test('any CUCM device name, in any case, is found and named as the store has it', async t => {
  const { phone, device, row, summary } = await serve(t)
  for (const name of ['SEP001122AABBCC', 'CSFjdoe', 'TCT_a', 'BOT.b-c', 'TABx', 'a'.repeat(128)]) {
    await device({ name })
    const own = await phone()
    await own.greet(name.toLowerCase() === name ? name.toUpperCase() : name.toLowerCase())
    t.equal(await obey(own), 1, name)
    t.match(parseCertificate(storedOn(own)!).subject[0], { value: name })
    t.match(await row(name), { name, operation: 'none', status: 3 })
    t.match(await summary(name), { deviceName: name, reason: 1 })
  }
})

t.test('a CA that says no, cannot be reached, or is silent: its own status, the order stays, the phone may come again', async t => {
  const cases = [
    { name: 'refuses', status: 16, fail: () => new IssueError('CA_REFUSED', { where: 'not this one' }) },
    { name: 'cannot be reached', status: 15, fail: () => new IssueError('CA_UNREACHABLE', { where: 'the RA' }) },
    { name: 'breaks', status: 15, fail: () => new TypeError('oops'), detail: /the CA could not be asked \[oops\]/ },
  ]
  for (const { name, status, fail, detail = fail().message } of cases) {
    const server = await serve(t, { issue: () => Promise.reject(fail()) })
    const deviceName = await server.device()
    t.equal(await server.session(deviceName), 7, name)
    t.match(await server.row(deviceName), { operation: 'install', status })
    t.match(await server.summary(), { state: 'AWAIT_CA_CERT_RESP', detail, reason: 7 })
  }

  const signals: AbortSignal[] = []
  const silent = await serve(t, {
    options: { replyTimeoutMs: 300 },
    issue: ({ signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    },
  })
  const deviceName = await silent.device()
  t.equal(await silent.session(deviceName), 7, 'silent')
  t.match(await silent.row(deviceName), { operation: 'install', status: 15 })
  t.match(await silent.summary(), { state: 'AWAIT_CA_CERT_RESP', detail: 'no answer for 300 ms' })
  t.equal(signals[0]?.aborted, true, 'and is told that nobody waits any longer')
})

t.test('a CA that gives too large a certificate is a CA that failed', async t => {
  const certificateDer = Buffer.alloc(70_000)
  const server = await serve(t, {
    issue: async () => ({ certificateDer, notAfter: later(1), issuerName: 'CN=X', issuerNotAfter: later(1) }),
  })
  const deviceName = await server.device()
  t.equal(await server.session(deviceName), 7)
  t.match(await server.row(deviceName), { operation: 'install', status: 16, certificate: undefined })
})

t.test('an embedded CA whose certificate has ended refuses', async t => {
  const server = await serve(t)
  server.clock.now = later(20 * 365 * 86_400_000)
  const deviceName = await server.device()
  t.equal(await server.session(deviceName), 7)
  t.match(await server.row(deviceName), { operation: 'install', status: 16 })
  t.match(await server.summary(), { detail: /PKI_ISSUER_EXPIRED/ })
})
