import type { KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Authority,
  CertificateIssuer,
  derToPem,
  generateKeyPair,
  lscSubject,
  micSubject,
  newManufacturingCa,
  parseCertificate,
  privateKeyPem,
} from '@capfkit/pki'
import t from 'tap'
import { type FleetOptions, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'

const now = () => new Date()
const FEW: Partial<FleetOptions> = { phones: 6, processes: 1, key: 'ec:p256', poolKeys: 2 }
const manufacturer = await newManufacturingCa({ now })

const pemOf = (certificateDer: Buffer, { privateKey }: Authority['keyPair']) => derToPem(certificateDer) + privateKeyPem(privateKey)

/** A certificate with its key, as a PEM file. */
const credentialFile = async (what: {
  file: string
  profile: 'mic' | 'lsc'
  ca: { certificateDer: Buffer; privateKey: KeyObject }
  deviceName: string
}) => {
  const { file, profile, ca, deviceName } = what
  const own = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const issuer = parseCertificate(ca.certificateDer).subject
  const subject = profile === 'mic' ? micSubject({ deviceName, model: '8861' }) : lscSubject({ deviceName, issuer })
  const { certificateDer } = await CertificateIssuer.create({ ...ca, profile, now }).issue({
    subject,
    publicKeyDer: own.publicKeyDer,
  })
  writeFileSync(file, pemOf(certificateDer, own))
  return file
}

t.test('MICs of a manufacturing CA that the server knows are accepted, others are refused', async t => {
  const folder = t.testdir()
  const micCa = join(folder, 'mic-ca.pem')
  writeFileSync(micCa, pemOf(manufacturer.certificateDer, manufacturer.keyPair))
  await using server = await LoadedServer.start({ folder, micCas: [manufacturer.certificateDer] })
  const options = { ...FEW, ...server.options, auth: 'mic=1' }
  t.match(await runFleet({ options: { ...options, micCa } }), { verdict: 'pass', done: 6 })
  const refused = await runFleet({ options })
  t.match(refused, { verdict: 'fail', failures: [{ side: 'server', reason: 'PHONE_REFUSED', count: 6 }] })
  t.ok(
    (await server.rows()).every(({ operation, status }) => operation === 'install' && status === 11),
    'Invalid MIC',
  )
})

t.test('SUDI_DATA is sent where it is asked for, and missed where it is not', async t => {
  const folder = t.testdir()
  const micCa = join(folder, 'mic-ca.pem')
  writeFileSync(micCa, pemOf(manufacturer.certificateDer, manufacturer.keyPair))
  await using server = await LoadedServer.start({
    folder,
    micCas: [manufacturer.certificateDer],
    options: { requireSudi: true },
  })
  const options = { ...FEW, ...server.options, auth: 'mic=1', micCa }
  t.match(await runFleet({ options: { ...options, sudi: true } }), { verdict: 'pass', done: 6 })
  t.match(await runFleet({ options }), { verdict: 'fail', done: 0, failures: [{ reason: 'PHONE_REFUSED' }] })
})

t.test('phones of a CSV, with their own names, strings and PEM files', async t => {
  const folder = t.testdir()
  const csv = join(folder, 'phones.csv')
  await using server = await LoadedServer.start({ folder, micCas: [manufacturer.certificateDer] })
  const micCa = { certificateDer: manufacturer.certificateDer, privateKey: manufacturer.keyPair.privateKey }
  const file = (deviceName: string, profile: 'mic' | 'lsc') =>
    credentialFile({
      file: join(folder, `${deviceName}.pem`),
      deviceName,
      profile,
      ca: profile === 'mic' ? micCa : server.certificate,
    })
  const [A, B, C, D, E] = [...'ABCDE'].map(digit => `SEP00000000000${digit}`) as [string, string, string, string, string]
  const lines = [
    'name,auth,authString,mic,lsc',
    `${A},mic,,${await file(A, 'mic')},`,
    `${B},lsc,,${await file(B, 'mic')},`,
    `${C},string,4711,,`,
    `${D},null,,,`,
    // An LSC of before this run, and a MIC that must not be used: it is that of another phone.
    `${E},lsc,,${join(folder, `${A}.pem`)},${await file(E, 'lsc')}`,
  ]
  writeFileSync(csv, lines.join('\n'))
  const options = { ...FEW, ...server.options, csv, rounds: 'troubleshoot,install,upgrade' }
  const summary = await runFleet({ options })
  t.match(summary, { verdict: 'pass', phones: 5, done: 15, keys: { pooled: 0, generated: 10 } }, 'no MIC had to be made')
  t.strictSame(
    (await server.rows()).map(({ name, authMode, status }) => [name, authMode, status]),
    [
      [A, 'mic', 3],
      [B, 'lsc', 3],
      [C, 'string', 3],
      [D, 'null', 3],
      [E, 'lsc', 3],
    ],
  )
})

t.test('a certificate of a CSV with the key of another one is told by the name of its file', async t => {
  const folder = t.testdir()
  const wrong = join(folder, 'wrong.pem')
  const csv = join(folder, 'phones.csv')
  await using server = await LoadedServer.start({ folder })
  writeFileSync(wrong, pemOf(manufacturer.certificateDer, await generateKeyPair({ type: 'ec', curve: 'secp256r1' })))
  writeFileSync(csv, `name,auth,lsc\nSEP000000000001,lsc,${wrong}\n`)
  await t.rejects(runFleet({ options: { ...FEW, ...server.options, csv } }), {
    name: 'FleetError',
    code: 'FLEET_BAD_FILE',
    where: wrong,
    message: /the key is not that of the certificate/,
  })
})
