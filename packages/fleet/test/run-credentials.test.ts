import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Authority,
  CertificateIssuer,
  derToPem,
  generateKeyPair,
  micSubject,
  newManufacturingCa,
  privateKeyPem,
} from '@capfkit/pki'
import t from 'tap'
import { type FleetOptions, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'

const now = () => new Date()
const FEW: Partial<FleetOptions> = { phones: 6, key: 'ec:p256', poolKeys: 2 }
const manufacturer = await newManufacturingCa({ now })

const pemOf = (certificateDer: Buffer, { privateKey }: Authority['keyPair']) => derToPem(certificateDer) + privateKeyPem(privateKey)

/** A MIC of the manufacturer with its key, as a PEM file. */
const micFile = async (folder: string, deviceName: string) => {
  const { certificateDer, keyPair } = manufacturer
  const issuer = CertificateIssuer.create({ certificateDer, privateKey: keyPair.privateKey, profile: 'mic', now })
  const own = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const { certificateDer: mic } = await issuer.issue({
    subject: micSubject({ deviceName, model: '8861' }),
    publicKeyDer: own.publicKeyDer,
  })
  const file = join(folder, `${deviceName}.pem`)
  writeFileSync(file, pemOf(mic, own))
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
  await using server = await LoadedServer.start({ folder, micCas: [manufacturer.certificateDer] })
  const files = await Promise.all(['SEP00000000000A', 'SEP00000000000B'].map(name => micFile(folder, name)))
  const csv = join(folder, 'phones.csv')
  const lines = [
    'name,auth,authString,mic',
    `SEP00000000000A,mic,,${files[0]}`,
    `SEP00000000000B,lsc,,${files[1]}`,
    'SEP00000000000C,string,4711,',
    'SEP00000000000D,null,,',
  ]
  writeFileSync(csv, lines.join('\n'))
  const summary = await runFleet({ options: { ...FEW, ...server.options, csv, rounds: 'install,upgrade' } })
  t.match(summary, { verdict: 'pass', phones: 4, done: 8, keys: { pooled: 0, generated: 8 } }, 'no MIC had to be made')
  const rows = await server.rows()
  t.strictSame(
    rows.map(({ name, authMode, status }) => [name, authMode, status]),
    [
      ['SEP00000000000A', 'mic', 3],
      ['SEP00000000000B', 'lsc', 3],
      ['SEP00000000000C', 'string', 3],
      ['SEP00000000000D', 'null', 3],
    ],
  )
  t.test('an LSC of an earlier run, from a file, authenticates', async t => {
    const own = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
    // Not the key of that certificate: the phone would sign with a key that is not its own.
    writeFileSync(join(folder, 'wrong.pem'), pemOf(rows[0]!.certificate!.certificateDer, own))
    writeFileSync(csv, `name,auth,lsc\nSEP00000000000A,lsc,${join(folder, 'wrong.pem')}\n`)
    await t.rejects(runFleet({ options: { ...FEW, ...server.options, csv } }), {
      name: 'FleetError',
      code: 'FLEET_BAD_FILE',
      where: join(folder, 'wrong.pem'),
      message: /the key is not that of the certificate/,
    })
  })
})
