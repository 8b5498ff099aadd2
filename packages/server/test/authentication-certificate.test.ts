import type { MessageOf } from '@capfkit/codec/capf'
import { createSelfSigned, generateKeyPair, parseCertificate } from '@capfkit/pki'
import t from 'tap'
import { newCertificateAndKey } from '../src/certificate-file.ts'
import {
  type Credential,
  capf,
  DAY_MS,
  ecKey,
  flipped,
  later,
  manufacturer,
  newLsc,
  newMic,
  proof,
  recorded,
} from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

type Answer = Partial<MessageOf<'AUTH_RESPONSE'>>
type Case = {
  what: string
  mode?: 'lsc' | 'mic'
  /** What the phone shows; by default a good LSC, or a good MIC where the mode is MIC, with good signatures. */
  credential?: (deviceName: string) => Promise<Credential> | Credential
  change?: (answer: Answer, deviceName: string, credential: Credential) => Answer
  detail: RegExp
}

const OTHER = 'SEPFFFFFFFFFFFF'

/** Numbers for install, delete and troubleshoot. */
const LSC = [9, 18, 27] as const
const MIC = [11, 20, 29] as const
const CREDENTIALS = [12, 21, 30] as const

const unsigned = ({ signedData: _, sha2SignedData: __, ...answer }: Answer): Answer => answer
const withSha2 = (answer: Answer, change: (signature: Buffer) => Buffer): Answer => ({
  ...answer,
  sha2SignedData: { digestType: 3, signature: change(answer.sha2SignedData!.signature) },
})

/** An issuer that has the name of a real one and another key. */
const impostor = async (real: Credential, name: 'capf' | 'mca'): Promise<Credential> => {
  const keyPair = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
  const { subject } = parseCertificate(real.certificateDer)
  const profile = name === 'capf' ? 'capfCa' : 'manufacturingCa'
  return {
    certificateDer: await createSelfSigned({ profile, subject, keyPair, notBefore: later(-DAY_MS) }),
    privateKey: keyPair.privateKey,
  }
}

const REFUSED: { status: readonly [number, number, number]; cases: readonly Case[] }[] = [
  {
    status: LSC,
    cases: [
      { what: 'no certificate', change: () => ({}), detail: /no certificate was presented/ },
      { what: 'the LSC of another device', credential: () => newLsc({ deviceName: OTHER }), detail: /of another device/ },
      {
        what: 'an LSC that has expired',
        credential: deviceName => newLsc({ deviceName, at: later(-31 * DAY_MS), days: 30 }),
        detail: /CHAIN_EXPIRED/,
      },
      {
        what: 'an LSC that is not valid yet',
        credential: deviceName => newLsc({ deviceName, at: later(DAY_MS) }),
        detail: /CHAIN_NOT_YET_VALID/,
      },
      {
        what: 'a certificate that the phone signed itself',
        credential: () => recorded('rogue-rsa'),
        detail: /CHAIN_UNKNOWN_ISSUER/,
      },
      {
        what: 'an LSC by an impostor of the CAPF certificate',
        credential: async deviceName => newLsc({ deviceName, issuer: await impostor(capf, 'capf') }),
        detail: /CHAIN_BAD_SIGNATURE/,
      },
      {
        what: 'the recorded LSC that ended long ago',
        credential: () => recorded('lsc-expired'),
        detail: /CHAIN_EXPIRED|of another device/,
      },
      {
        what: 'no DER',
        change: answer => ({ ...answer, certificate: { certificateType: 1, certificateDer: Buffer.from('no certificate') } }),
        detail: /PKI_BAD_CERTIFICATE/,
      },
      {
        what: 'the CAPF certificate itself',
        credential: () => capf,
        detail: /of another device/,
      },
    ],
  },
  {
    status: MIC,
    cases: [
      { what: 'no certificate, where the MIC has precedence', mode: 'mic', change: () => ({}), detail: /no certificate/ },
      {
        what: 'the MIC of another device',
        mode: 'mic',
        credential: () => newMic({ deviceName: OTHER }),
        detail: /of another device/,
      },
      {
        what: 'a MIC that has expired',
        mode: 'mic',
        credential: deviceName => newMic({ deviceName, at: later(-31 * DAY_MS), days: 30 }),
        detail: /CHAIN_EXPIRED/,
      },
      {
        what: 'a MIC by an impostor of the manufacturer',
        mode: 'mic',
        credential: async deviceName => newMic({ deviceName, issuer: await impostor(manufacturer, 'mca') }),
        detail: /CHAIN_BAD_SIGNATURE/,
      },
      {
        what: 'a MIC of another manufacturer',
        mode: 'mic',
        credential: deviceName => newMic({ deviceName, issuer: recorded('tvs') }),
        detail: /CHAIN_UNKNOWN_ISSUER/,
      },
      {
        what: 'an expired MIC where the LSC has precedence',
        credential: deviceName => newMic({ deviceName, at: later(-31 * DAY_MS), days: 30 }),
        detail: /CHAIN_EXPIRED/,
      },
    ],
  },
  {
    status: CREDENTIALS,
    cases: [
      { what: 'no signature', change: unsigned, detail: /signature over the device name missing/ },
      {
        what: 'a flipped bit in SIGNED_DATA',
        change: answer => ({ ...answer, signedData: flipped(answer.signedData!) }),
        detail: /signature over the device name bad/,
      },
      {
        what: 'a flipped bit in SHA2_SIGNED_DATA',
        change: answer => withSha2(answer, flipped),
        detail: /signature over the device name bad/,
      },
      {
        what: 'an empty SIGNED_DATA',
        change: answer => ({ ...answer, signedData: Buffer.alloc(0) }),
        detail: /signature over the device name bad/,
      },
      {
        what: 'signatures over another name',
        change: (_, deviceName, credential) => proof({ credential, deviceName, signedName: OTHER }),
        detail: /signature over the device name bad/,
      },
      {
        what: 'signatures with another key',
        change: (answer, deviceName, { certificateDer }) => ({
          ...proof({ credential: { certificateDer, privateKey: ecKey() }, deviceName }),
          certificate: answer.certificate!,
        }),
        detail: /signature over the device name bad/,
      },
      {
        what: 'signatures of a MIC with another key',
        mode: 'mic',
        change: answer => withSha2(answer, signature => signature.subarray(1)),
        detail: /signature over the device name bad/,
      },
    ],
  },
]

const good = (mode: 'lsc' | 'mic') => (deviceName: string) => (mode === 'mic' ? newMic : newLsc)({ deviceName })

const tryCase = async (server: Serving, { deviceName, one }: { deviceName: string; one: Omit<Case, 'detail'> }) => {
  const { mode = 'lsc', credential: make = good(mode), change = answer => answer } = one
  const credential = await make(deviceName)
  const phone = await server.phone()
  await phone.greet(deviceName, change(proof({ credential, deviceName }), deviceName, credential))
  return obey(phone)
}

for (const { status, cases } of REFUSED) {
  for (const one of cases) {
    t.test(`by certificate, refused with ${status.join(', ')}: ${one.what}`, async t => {
      const server = await serve(t)
      for (const [index, operation] of (['install', 'delete', 'troubleshoot'] as const).entries()) {
        const deviceName = await server.device({ operation, authMode: one.mode ?? 'lsc' })
        t.equal(await tryCase(server, { deviceName, one }), 7, operation)
        t.match(await server.row(deviceName), { operation, status: status[index]! })
        t.match(await server.summary(deviceName), { state: 'AWAIT_DEVICE_RESP', detail: one.detail })
      }
    })
  }
}

const ACCEPTED: readonly Omit<Case, 'detail'>[] = [
  { what: 'an RSA LSC' },
  { what: 'an EC LSC', credential: deviceName => newLsc({ deviceName, privateKey: ecKey() }) },
  { what: 'an EC LSC on P-521', credential: deviceName => newLsc({ deviceName, privateKey: ecKey('secp521r1') }) },
  { what: 'an RSA MIC', mode: 'mic' },
  { what: 'an EC MIC', mode: 'mic', credential: deviceName => newMic({ deviceName, privateKey: ecKey('secp384r1') }) },
  { what: 'its LSC, where the MIC has precedence: a phone shows one certificate', mode: 'mic', credential: good('lsc') },
  { what: 'its MIC, where the LSC has precedence: the phone has no LSC yet', credential: good('mic') },
  {
    what: 'the SHA-1 signature alone',
    change: ({ certificate, signedData }) => ({ certificate: certificate!, signedData: signedData! }),
  },
  {
    what: 'the SHA-512 signature alone',
    change: ({ certificate, sha2SignedData }) => ({ certificate: certificate!, sha2SignedData: sha2SignedData! }),
  },
]

for (const one of ACCEPTED) {
  t.test(`by certificate, accepted: ${one.what}`, async t => {
    const server = await serve(t)
    const deviceName = await server.device({ authMode: one.mode ?? 'lsc' })
    t.equal(await tryCase(server, { deviceName, one }), 1)
    t.match(await server.row(deviceName), { operation: 'none', status: 3 })
  })
}

// [CAPF-4.3], [CAPF-3.5]
t.test('what is signed is the name as it was sent, in its case', async t => {
  const server = await serve(t)
  const deviceName = await server.device({ authMode: 'lsc' })
  const credential = await newLsc({ deviceName })
  const lower = deviceName.toLowerCase()

  const wrong = await server.phone()
  await wrong.greet(lower, proof({ credential, deviceName: lower, signedName: deviceName }))
  t.equal(await wrong.reason(), 7)
  t.match(await server.row(deviceName), { status: 12 })

  const right = await server.phone()
  await right.greet(lower, proof({ credential, deviceName: lower }))
  t.equal(await obey(right), 1)
})

t.test('a certificate that may not sign for a device proves nothing, whoever made it', async t => {
  const keyPair = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
  const deviceName = 'SEP0000CACACACA'
  const subject = [{ type: 'CN', value: deviceName } as const]
  const certificateDer = await createSelfSigned({ profile: 'manufacturingCa', subject, keyPair, notBefore: later(-DAY_MS) })
  const server = await serve(t, { lscCas: [certificateDer] })
  await server.device({ name: deviceName, authMode: 'lsc' })
  const credential = () => ({ certificateDer, privateKey: keyPair.privateKey })
  t.equal(await tryCase(server, { deviceName, one: { what: 'a CA certificate with the name of a device', credential } }), 7)
  t.match(await server.row(deviceName), { operation: 'install', status: 9 })
  t.match(await server.summary(deviceName), { detail: /CHAIN_KEY_USAGE/ })
})

t.test('an LSC of the CAPF certificate before a reload is still believed, and so are further issuers that were given', async t => {
  const server = await serve(t, { lscCas: [recorded('tvs').certificateDer] })
  const other = await server.device({ authMode: 'lsc' })
  const one = { what: '', credential: (deviceName: string) => newLsc({ deviceName, issuer: recorded('tvs') }) }
  t.equal(await tryCase(server, { deviceName: other, one }), 1, 'lscCas')

  const next = await newCertificateAndKey(later(0))
  const [before, after] = [await server.device({ authMode: 'lsc' }), await server.device({ authMode: 'lsc' })]
  server.server.reload(next)
  t.equal(await tryCase(server, { deviceName: before, one: { what: '' } }), 1, 'by the old one')
  const byNext = (deviceName: string) => newLsc({ deviceName, issuer: next })
  t.equal(await tryCase(server, { deviceName: after, one: { what: '', credential: byNext } }), 1, 'by the new one')
})
