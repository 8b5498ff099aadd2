import { setTimeout as delay } from 'node:timers/promises'
import {
  type CertificateAndKey,
  CertificateIssuer,
  certificateAndKey,
  createSelfSigned,
  generateKeyPair,
  parseCertificate,
  parseCsr,
  parseName,
} from '@capfkit/pki'
import t from 'tap'
import type { OnlineCa } from '../src/issuers/enrol.ts'
import { answerOf, onlineCa } from './ca-behind-enrol.ts'
import { DAY_MS, later, NOW, proof } from './certificates.ts'
import { obey, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const EC = { type: 'ec', curve: 'secp256r1' } as const
const online = { issuer: 'online' } as const

const newCa = async (name: string): Promise<CertificateAndKey> => {
  const keyPair = await generateKeyPair(EC)
  const der = await createSelfSigned({ profile: 'enterpriseCa', subject: parseName(name), keyPair, notBefore: later(-DAY_MS) })
  return certificateAndKey(der, keyPair.privateKey)
}

const NAME = 'CN=LAB-DC-RTP'
const [ca, renewed, stranger] = [await newCa(NAME), await newCa(NAME), await newCa('CN=Somebody Else')]

/** An Online CA that signs with `signer`; what it says its certificates are, and how often it was asked for them. */
const caThat = ({
  signer = ca,
  knows = [ca],
  says,
}: {
  signer?: CertificateAndKey
  knows?: CertificateAndKey[]
  says?: () => readonly Buffer[]
}) => {
  const asked = { count: 0, signer }
  const enrol: OnlineCa['enrol'] = async ({ csrDer }) => {
    const issuer = CertificateIssuer.create({ ...asked.signer, profile: 'lsc', now: () => NOW })
    const { subject, publicKeyDer } = parseCsr(csrDer)
    return { ...answerOf((await issuer.issue({ subject, publicKeyDer })).certificateDer) }
  }
  const fetchCaCertificates = async () => {
    asked.count++
    return says?.() ?? []
  }
  return {
    asked,
    onlineCa: { ...onlineCa(enrol), caCertificates: knows.map(({ certificateDer }) => certificateDer), fetchCaCertificates },
  }
}

t.test('a certificate that the CA has not signed goes to no phone', async t => {
  const { onlineCa, asked } = caThat({ signer: stranger, says: () => [ca.certificateDer] })
  const server = await serve(t, { options: online, onlineCa })
  const name = await server.device()
  for (let round = 0; round < 3; round++) {
    t.equal(await server.session(name, phoneKey.answers), 7)
    t.match(await server.row(name), { operation: 'install', status: 16, certificate: undefined })
  }
  t.match(await server.summary(name), { detail: /CA_NOT_ISSUER/ })
  t.equal(await server.store.requests.count(), 0)
  t.equal(asked.count, 1, 'it might have renewed its certificate; it is asked once a minute at most')
})

t.test('a CA that has renewed its certificate with a new key is asked for it, without a restart', async t => {
  const { onlineCa, asked } = caThat({ says: () => [renewed.certificateDer] })
  const server = await serve(t, { options: online, onlineCa })
  t.equal(await server.session(await server.device(), phoneKey.answers), 1)
  t.equal(asked.count, 0)
  asked.signer = renewed
  t.equal(await server.session(await server.device(), phoneKey.answers), 1)
  asked.signer = ca
  t.equal(await server.session(await server.device(), phoneKey.answers), 1, 'what it has signed before is still good')
  t.equal(asked.count, 1)
})

t.test('a CA that was away at start: its certificates are had when it is there, and its LSCs are believed', async t => {
  let isAway = true
  const { onlineCa, asked } = caThat({
    knows: [],
    says: () => {
      if (isAway) throw new Error('connect ECONNREFUSED')
      return [ca.certificateDer]
    },
  })
  const server = await serve(t, { options: online, onlineCa, pollMs: 5 })
  while (asked.count < 3) await delay(1)
  const said = () => server.logLines().filter(({ msg }) => /CA said|Online CA are known/.test(msg))
  t.match(said(), [{ err: { message: 'connect ECONNREFUSED' } }], 'what stays as it is, is said once')
  isAway = false
  while (said().length < 2) await delay(1)
  t.match(said()[1], { names: ['CN=LAB-DC-RTP'] })
  const count = asked.count

  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  t.equal(await obey(phone, phoneKey.answers), 1)
  t.strictSame((await server.row(name)).certificate?.issuerValidUntil, parseCertificate(ca.certificateDer).notAfter)
  await server.store.change(name, { operation: 'troubleshoot', authMode: 'lsc' })
  const again = await server.phone()
  await again.greet(
    name,
    proof({ credential: { certificateDer: storedOn(phone)!, privateKey: phoneKey.privateKey }, deviceName: name }),
  )
  await again.expect('FETCH_CERTIFICATE_REQUEST')
  t.equal(asked.count, count, 'once they are known nobody asks')
})

t.test('a CA that turns out later to be named as a CAPF service: its certificates go to no phone', async t => {
  const reserved = await newCa('CN=MY-CAPF-CA')
  const { onlineCa, asked } = caThat({ knows: [], signer: reserved, says: () => [reserved.certificateDer] })
  const server = await serve(t, { options: online, onlineCa, pollMs: 5 })
  while (asked.count < 2) await delay(1)
  t.match(
    server.logLines().find(({ msg }) => /CA said/.test(msg)),
    { detail: /MY-CAPF-CA.*CA_NAME_RESERVED/ },
  )
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 7)
  t.match(await server.summary(name), { detail: /CA_NOT_ISSUER/ })
})
