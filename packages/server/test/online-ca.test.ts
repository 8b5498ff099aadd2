import { KEY_TYPE } from '@capfkit/codec/capf'
import { parseCertificate, parseCsr, publicKeyDerOf } from '@capfkit/pki'
import t from 'tap'
import { CapfServer } from '../src/capf-server.ts'
import { EnrolError } from '../src/issuers/enrol.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { answerOf, enrolled, onlineCa, signed } from './ca-behind-enrol.ts'
import { capf, ecKey, manufacturer, proof, recorded } from './certificates.ts'
import { obey, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const otherKey = signing()
const online = (options = {}) => ({ issuer: 'online', ...options }) as const

// [CAPF-3.7]
t.test('a phone signs the request that the server built, and gets a certificate of the CA', async t => {
  const ca = onlineCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  t.equal(await obey(phone, phoneKey.answers), 1)

  const [request] = ca.asked
  const csr = parseCsr(request!.csrDer)
  t.equal(request?.deviceName, name)
  t.equal(csr.verify(), true, 'proof of possession')
  t.strictSame(csr.publicKeyDer, phoneKey.publicKeyDer)
  const { subject } = parseCertificate(capf.certificateDer)
  t.strictSame(csr.subject, [{ type: 'CN', value: name }, ...subject.filter(({ type }) => type !== 'CN')], 'the subject of an LSC')

  const certificate = parseCertificate(storedOn(phone)!)
  t.strictSame(certificate.publicKeyDer, phoneKey.publicKeyDer)
  t.strictSame(certificate.issuerDer, parseCertificate(manufacturer.certificateDer).subjectDer)
  const row = await server.row(name)
  t.match(row, { operation: 'none', status: 3 })
  t.strictSame(row.certificate?.certificateDer, certificate.der)
  t.strictSame(row.certificate?.issuerValidUntil, parseCertificate(manufacturer.certificateDer).notAfter)
  t.equal(await server.store.requests.count(), 0, 'the request is done with')
})

t.test('a phone that got its LSC from the Online CA proves itself with it', async t => {
  const server = await serve(t, { options: online(), onlineCa: onlineCa() })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await obey(phone, phoneKey.answers)
  const credential = { certificateDer: storedOn(phone)!, privateKey: phoneKey.privateKey }
  await server.store.change(name, { operation: 'install', authMode: 'lsc' })
  const again = await server.phone()
  await again.greet(name, proof({ credential, deviceName: name }))
  t.equal(await obey(again, otherKey.answers), 1)
})

t.test('a signature by another key ends the session, and the CA is not asked', async t => {
  const ca = onlineCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const liar = { ...phoneKey.answers, SIGN_CERTIFICATE_REQUEST: otherKey.answers.SIGN_CERTIFICATE_REQUEST }
  t.equal(await server.session(name, liar), 7)
  t.match(await server.row(name), { operation: 'install', status: 12 })
  t.match(await server.summary(name), { state: 'AWAIT_SIGN_CERT_RESP', detail: /not by the key that the phone made/ })
  t.equal(ca.asked.length, 0)
})

t.test('a phone that does not offer to sign is never asked', async t => {
  const silent = (spec: object = {}) => ({
    KEY_GENERATE_REQUEST: () => ({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: phoneKey.publicKeyDer, ...spec }) as const,
  })

  await t.test('and is refused, unless the configuration says otherwise', async t => {
    const ca = onlineCa()
    const server = await serve(t, { options: online(), onlineCa: ca })
    for (const [what, answers] of Object.entries({ nothing: silent(), 'another digest': silent({ digestType: 1 }) })) {
      const name = await server.device()
      t.equal(await server.session(name, answers), 7, what)
      t.match(await server.row(name), { operation: 'install', status: 16 })
      t.match(await server.summary(name), { detail: /REQUEST_UNSIGNED/ })
    }
    t.equal(ca.asked.length, 0)
  })

  await t.test('and gets its certificate by a request that the CAPF key has signed', async t => {
    const ca = onlineCa(async ({ csrDer }) => answerOf(await signed(csrDer, { checkPop: false })))
    const server = await serve(t, { options: online({ unsignedRequests: 'capf-key' }), onlineCa: ca })
    const name = await server.device()
    t.equal(await server.session(name, silent()), 1)
    const csr = parseCsr(ca.asked[0]!.csrDer)
    t.strictSame(csr.publicKeyDer, phoneKey.publicKeyDer, 'the key of the phone')
    t.equal(csr.verify(), false, 'which the signature proves nothing of')
    t.match(await server.row(name), { operation: 'none', status: 3 })
  })

  await t.test('nor is one with an EC key, which nobody could ask', async t => {
    const ca = onlineCa(async ({ csrDer }) => answerOf(await signed(csrDer, { checkPop: false })))
    const server = await serve(t, { options: online({ unsignedRequests: 'capf-key' }), onlineCa: ca })
    const name = await server.device({ keyOrder: 'ec' })
    const publicKeyDer = publicKeyDerOf(ecKey())
    const answers = { KEY_GENERATE_REQUEST: () => ({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer, digestType: 2 }) as const }
    const phone = await server.phone()
    await phone.greet(name)
    t.equal(await obey(phone, answers), 1)
    t.equal(phone.heard.find(({ name }) => name === 'KEY_GENERATE_REQUEST')?.sessionId, phone.sessionId)
    t.notOk(phone.heard.some(({ name }) => name === 'SIGN_CERTIFICATE_REQUEST'))
    t.match(phone.heard[1], { keyType: KEY_TYPE.EC })
  })
})

t.test('a local CA asks nobody to sign, whatever is offered', async t => {
  const server = await serve(t)
  const phone = await server.phone()
  await phone.greet(await server.device())
  t.equal(await obey(phone, phoneKey.answers), 1)
  t.notOk(phone.heard.some(({ name }) => name === 'SIGN_CERTIFICATE_REQUEST'))
})

t.test('what the CA says gives each its status and its sentence, and the phone may come again', async t => {
  const libest = { number: 43, name: 'EST_ERR_IP_CONNECT' }
  const cases = [
    {
      name: 'denies',
      error: new EnrolError('Denied by Policy Module', { failure: 'denied', libest }),
      status: 16,
      detail: /Denied by Policy Module.*CA_REFUSED/,
    },
    {
      name: 'does not like the request',
      error: new EnrolError('400 Bad Request', { failure: 'refused', libest }),
      status: 16,
      detail: /400 Bad Request.*CA_REFUSED/,
    },
    {
      name: 'does not let the server in',
      error: new EnrolError('401 Unauthorized', { failure: 'unauthorised', libest }),
      status: 16,
      detail: /401 Unauthorized.*--ra-user.*template.*CA_UNAUTHORISED/,
    },
    {
      name: 'is away',
      error: new EnrolError('connect ECONNREFUSED', { failure: 'unreached', libest }),
      status: 15,
      detail: /ECONNREFUSED.*CA_UNREACHABLE/,
    },
    { name: 'breaks', error: new TypeError('oops'), status: 15, detail: /oops.*CA_UNREACHABLE/ },
  ]
  for (const { name, error, status, detail } of cases) {
    let isBroken = true
    const enrol = onlineCa(async request => {
      if (isBroken) throw error
      return enrolled(request)
    })
    const server = await serve(t, { options: online(), onlineCa: enrol })
    const device = await server.device()
    t.equal(await server.session(device, phoneKey.answers), 7, name)
    t.match(await server.row(device), { operation: 'install', status })
    t.match(await server.summary(device), { state: 'AWAIT_CA_CERT_RESP', detail, reason: 7 })
    t.equal(await server.store.requests.count(), 0, 'nothing is left of the request')
    isBroken = false
    t.equal(await server.session(device, phoneKey.answers), 1)
  }
})

t.test('an enrol that throws instead of rejecting is one that fails', async t => {
  const ca = onlineCa(() => {
    throw new TypeError('at once')
  })
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 7)
  t.match(await server.summary(name), { detail: /at once/, status: 'CAPF_OP_FAIL_CA_COMM_ERROR' })
})

t.test('an answer that is for nobody here', async t => {
  const cases = {
    'no certificate': { certificatesDer: [], code: /CA_BAD_ANSWER/, status: 15 },
    garbage: { certificatesDer: [Buffer.from('3082cafe', 'hex')], code: /CA_BAD_ANSWER/, status: 15 },
    'the CA alone': { certificatesDer: [manufacturer.certificateDer], code: /CA_OTHER_KEY/, status: 16 },
    'another key': { certificatesDer: [recorded('lsc-rsa2048-SEP00000000C001').certificateDer], code: /CA_OTHER_KEY/, status: 16 },
  }
  for (const [name, { certificatesDer, code, status }] of Object.entries(cases)) {
    const ca = onlineCa(async () => ({ status: 'issued', certificatesDer, pkcs7Bytes: 100 }))
    const server = await serve(t, { options: online(), onlineCa: ca })
    const device = await server.device()
    t.equal(await server.session(device, phoneKey.answers), 7, name)
    t.match(await server.row(device), { operation: 'install', status, certificate: undefined })
    t.match(await server.summary(device), { detail: code })
    t.equal(await server.store.requests.count(), 0)
  }
})

t.test(
  'an Online CA that would be taken for a CAPF service, one with garbage for a certificate, and none at all are refused',
  async t => {
    const store = new MemoryDeviceStore()
    const start = (ca: object | undefined) =>
      CapfServer.start({
        store,
        certificate: capf,
        options: { ...online(), listen: '127.0.0.1:0' },
        ...(ca ? { onlineCa: { ...onlineCa(), ...ca } } : {}),
      })
    await t.rejects(start({ caCertificates: [capf.certificateDer] }), { code: 'CA_NAME_RESERVED', where: 'CAPF-TEST' })
    await t.rejects(start({ caCertificates: [Buffer.from('cafe', 'hex')] }), { code: 'CA_CERTIFICATE_INVALID' })
    await t.rejects(start(undefined), { code: 'SERVER_ISSUER_UNAVAILABLE' })
  },
)

t.test('another CAPF certificate gives later requests its subject', async t => {
  const ca = onlineCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  server.server.reload(recorded('mca'))
  t.equal(await server.session(await server.device(), phoneKey.answers), 1)
  const { subject } = parseCertificate(manufacturer.certificateDer)
  t.strictSame(
    parseCsr(ca.asked[0]!.csrDer).subject.slice(1),
    subject.filter(({ type }) => type !== 'CN'),
  )
})
