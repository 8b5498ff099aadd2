import { parseOptions } from '@capfkit/codec/options'
import { type Authority, embeddedAuthority } from '@capfkit/est'
import type { Address } from '@capfkit/listen'
import { buildCsr, CertificateIssuer, generateKeyPair, parseCertificate, parseCsr, parseName } from '@capfkit/pki'
import { SERVER_OPTIONS, type ServerOptions } from '@capfkit/server'
import t, { type Test } from 'tap'
import { onlineCaOf } from '../src/server/registration-authority.ts'
import { ca, EC, freeAddress, now, PASSWORD, startRa, USER } from './registration-authority.ts'

const options: ServerOptions = parseOptions(SERVER_OPTIONS, { caTimeoutMs: 200, caLateMs: 100 })
const keyPair = await generateKeyPair(EC)
const csrDer = await buildCsr({ subject: parseName('CN=SEP001122334455'), keyPair })

const enrol = (server: Address, { password = PASSWORD, signal = new AbortController().signal } = {}) => {
  const credentials = { user: USER, password }
  const nothing = { label: undefined, certificateFile: undefined, caCertificates: [] }
  const { enrol } = onlineCaOf({ ...nothing, server, anchors: [ca.certificateDer], credentials }, options)
  return enrol({ deviceName: 'SEP001122334455', csrDer, signal })
}

const behind = async (t: Test, answer: Authority['enrol']) =>
  (await startRa(t, { authority: { ...embeddedAuthority({ ca, now }), enrol: answer } })).address

t.test('an EST client is the way to an Online CA: the certificate, and how long the answer was', async t => {
  const answer = await enrol((await startRa(t)).address)
  if (answer.status !== 'issued') throw new Error(answer.status)
  t.strictSame(parseCertificate(answer.certificatesDer[0]!).publicKeyDer, keyPair.publicKeyDer)
  t.ok(answer.pkcs7Bytes > 500)
})

t.test('who answers no has refused, and libest has a name for it', async t => {
  const { address } = await startRa(t)
  await t.rejects(enrol(address, { password: 'wrong' }), {
    name: 'EnrolError',
    failure: 'unauthorised',
    libest: { number: 22, name: 'EST_ERR_AUTH_FAIL' },
    message: /EST_AUTH_FAILED/,
  })
  const denies = await behind(t, async () => ({ status: 'denied', message: 'Denied by Policy Module' }))
  await t.rejects(enrol(denies), { failure: 'denied', message: /EST_REFUSED/ })
})

t.test('who does not answer has not refused', async t => {
  const refused = { name: 'EnrolError', failure: 'unreached', libest: { number: 43, name: 'EST_ERR_IP_CONNECT' } }
  await t.rejects(enrol(await freeAddress()), refused)
  const silent = await behind(t, () => new Promise(() => {}))
  await t.rejects(enrol(silent), {
    failure: 'unreached',
    libest: { number: 35, name: 'EST_ERR_SSL_READ' },
    message: /EST_READ_TIMEOUT/,
  })
  const patience = new AbortController()
  const given = enrol(silent, { signal: patience.signal })
  patience.abort()
  await t.rejects(given, { failure: 'unreached', message: /EST_ABORTED/ })
  const broken = await behind(t, () => Promise.reject(new Error('oops')))
  await t.rejects(enrol(broken), { failure: 'unreached', message: /EST_SERVER_FAILED/ })
})

t.test('an officer has to decide', async t => {
  const waits = await behind(t, async () => ({ status: 'pending', retryAfterMs: 120_000 }))
  t.strictSame(await enrol(waits), { status: 'pending', retryAfterMs: 120_000 })
})

t.test('a certificate for another key is handed on: it may answer an older request', async t => {
  const other = await generateKeyPair(EC)
  const issuer = CertificateIssuer.create({ ...ca, profile: 'lsc', now })
  const mixesUp = await behind(t, async csr => {
    const { certificateDer } = await issuer.issue({ subject: parseCsr(csr).subject, publicKeyDer: other.publicKeyDer })
    return { status: 'issued', certificateDer }
  })
  const answer = await enrol(mixesUp)
  if (answer.status !== 'issued') throw new Error(answer.status)
  t.strictSame(parseCertificate(answer.certificatesDer[0]!).publicKeyDer, other.publicKeyDer)
})
