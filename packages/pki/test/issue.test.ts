import { X509Certificate } from 'node:crypto'
import t from 'tap'
import {
  CertificateIssuer,
  commonName,
  createSelfSigned,
  derToPem,
  deviceNameOf,
  formatKeySpec,
  generateKeyPair,
  lscSubject,
  micSubject,
  newCapfCa,
  newManufacturingCa,
  parseCertificate,
  parseKeySpec,
  parseName,
  pemToDer,
  readPrivateKey,
} from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate, recordedKey } from './recordings.ts'

const NOW = new Date('2026-12-01T12:00:00.700Z')
const now = () => NOW
const DAY = 86_400_000
const phoneKey = await generateKeyPair(parseKeySpec('ec:p256'))
const ec = { keySpec: parseKeySpec('ec:p256'), now }
const capf = await newCapfCa({ ...ec, organization: 'Example', organizationalUnit: 'UC', locality: 'Wellington', country: 'NZ' })
const issuerOf = (options: Partial<Parameters<typeof CertificateIssuer.create>[0]> = {}) =>
  CertificateIssuer.create({
    certificateDer: capf.certificateDer,
    privateKey: capf.keyPair.privateKey,
    profile: 'lsc',
    now,
    ...options,
  })
const subject = lscSubject({ deviceName: 'SEP001122334455', model: '8861', issuer: capf.subject })
const request = { subject, publicKeyDer: phoneKey.publicKeyDer }

t.test('an LSC is what a phone and CUCM expect', async t => {
  const { certificateDer, serialNumber, notAfter } = await issuerOf().issue(request)
  const lsc = parseCertificate(certificateDer)
  t.equal(commonName(lsc.subject), 'CP-8861-SEP001122334455')
  t.strictSame(lsc.issuerDer, parseCertificate(capf.certificateDer).subjectDer, 'issuer, byte for byte')
  t.strictSame(lsc.publicKeyDer, phoneKey.publicKeyDer)
  t.strictSame(lsc.notBefore, new Date('2026-12-01T11:00:00Z'), 'backdated by one hour, whole seconds')
  t.strictSame([lsc.notAfter, notAfter], [parseCertificate(capf.certificateDer).notAfter, lsc.notAfter], 'ends with its issuer')
  t.strictSame([lsc.serialNumber, serialNumber.length], [serialNumber, 16])
  t.ok(serialNumber[0]! >= 0x40 && serialNumber[0]! < 0x80, 'positive')
  const { subjectKeyId, ...extensions } = lsc.extensions
  t.strictSame(extensions, {
    unknownCritical: [],
    basicConstraints: { ca: false },
    keyUsage: ['digitalSignature', 'keyAgreement'],
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.5'],
    authorityKeyId: parseCertificate(capf.certificateDer).extensions.subjectKeyId,
  })
  t.equal(subjectKeyId?.length, 20)
  const rsa = await issuerOf().issue({ ...request, publicKeyDer: recordedKey('capf').publicKeyDer })
  t.strictSame(
    parseCertificate(rsa.certificateDer).extensions.keyUsage,
    ['digitalSignature', 'keyEncipherment'],
    'RSA enciphers keys',
  )
})

t.test('serial numbers come from the given source and differ by themselves', async t => {
  const fixed = issuerOf({ randomBytes: size => Buffer.alloc(size, 0xff) })
  t.equal((await fixed.issue(request)).serialNumber.toString('hex'), `7f${'ff'.repeat(15)}`)
  const issued = await Promise.all(Array.from({ length: 50 }, () => issuerOf().issue(request)))
  t.equal(new Set(issued.map(({ serialNumber }) => serialNumber.toString('hex'))).size, 50)
})

t.test('days are counted from now, and never outlive the issuer', async t => {
  const short = await issuerOf({ days: 30, backdateMs: 0 }).issue(request)
  t.strictSame(short.notAfter, new Date('2026-12-31T12:00:00Z'))
  t.strictSame(parseCertificate(short.certificateDer).notBefore, new Date('2026-12-01T12:00:00Z'))
  const end = parseCertificate(capf.certificateDer).notAfter
  const late = issuerOf({ days: 30, now: () => new Date(end.getTime() - DAY) })
  t.strictSame((await late.issue(request)).notAfter, end, 'clamped')
  await t.rejects(issuerOf({ now: () => end }).issue(request), { code: 'PKI_ISSUER_EXPIRED', message: /CN=CAPF-/ })
  for (const days of [0, -1, 1.5, 1826, Number.NaN]) {
    t.throws(
      () => issuerOf({ days }),
      { code: 'PKI_BAD_VALIDITY', message: new RegExp(`1\\.\\.1825, got ${days}`) },
      `${days} days`,
    )
  }
})

t.test('an issuer must hold its key and be allowed to issue', async t => {
  t.throws(() => issuerOf({ privateKey: phoneKey.privateKey }), { code: 'PKI_KEY_MISMATCH' })
  t.throws(() => issuerOf({ certificateDer: Buffer.from('x') }), { code: 'PKI_BAD_CERTIFICATE' })
  const leaf = await createSelfSigned({ profile: 'lsc', subject, keyPair: phoneKey, notBefore: NOW })
  t.throws(() => issuerOf({ certificateDer: leaf, privateKey: phoneKey.privateKey }), {
    code: 'PKI_NOT_A_CA',
    message: /CP-8861-SEP/,
  })
  const { privateKey } = recordedKey('lsc-expired')
  t.doesNotThrow(
    () => issuerOf({ certificateDer: recordedCertificate('lsc-expired'), privateKey }),
    'no extensions: nothing forbids it',
  )
})

t.test('a bad key or subject is refused, and an aborted request signs nothing', async t => {
  const issuer = issuerOf()
  await t.rejects(issuer.issue({ subject, publicKeyDer: Buffer.from('30030201', 'hex') }), { code: 'PKI_BAD_PUBLIC_KEY' })
  await t.rejects(issuer.issue({ ...request, subject: [{ type: 'C', value: 'ü' }] }), { code: 'PKI_BAD_NAME' })
  await t.rejects(issuer.issue({ ...request, signal: AbortSignal.abort() }), { name: 'AbortError' })
  const controller = new AbortController()
  const issuing = issuer.issue({ ...request, signal: controller.signal })
  controller.abort()
  await t.rejects(issuing, { name: 'AbortError' }, 'aborted while it is signed')
})

t.test('a CAPF certificate and a manufacturing CA have the shape that CUCM asks for', async t => {
  const ca = parseCertificate(capf.certificateDer)
  t.match(commonName(ca.subject), /^CAPF-[0-9a-f]{8}$/)
  t.strictSame(ca.extensions.basicConstraints, { ca: true, pathLength: 0 })
  t.strictSame(ca.extensions.keyUsage, ['digitalSignature', 'keyCertSign', 'cRLSign'])
  t.equal((ca.notAfter.getTime() - ca.notBefore.getTime()) / DAY, 1825, 'five years')
  const manufacturer = parseCertificate((await newManufacturingCa(ec)).certificateDer)
  t.strictSame(manufacturer.subject, parseName('O=capfkit TEST,CN=TEST Manufacturing CA'))
  t.strictSame(manufacturer.extensions.keyUsage, ['keyCertSign', 'cRLSign'])
  const rsa = await newCapfCa({ now, keySpec: parseKeySpec('rsa:1024'), randomBytes: size => Buffer.alloc(size, 0xab) })
  t.equal(commonName(rsa.subject), 'CAPF-abababab', 'from the given source')
  t.ok(parseCertificate(rsa.certificateDer).extensions.keyUsage?.includes('keyEncipherment'), 'RSA key exchange of old phones')
})

/** Every kind of issuer with every kind of phone key, checked by other people's programs at the real time. */
const chains = async () => {
  const clock = () => new Date()
  const issuers = ['rsa:1024', 'rsa:2048', 'ec:p256', 'ec:p384', 'ec:p521'].map(parseKeySpec)
  return Promise.all(
    issuers.map(async keySpec => {
      const ca = await newCapfCa({ keySpec, now: clock, organization: 'Example', country: 'NZ' })
      const issuer = CertificateIssuer.create({ ...ca, privateKey: ca.keyPair.privateKey, profile: 'lsc', now: clock })
      const keys = [phoneKey, recordedKey('capf'), await generateKeyPair(parseKeySpec('ec:p521'))]
      const issued = await Promise.all(keys.map(({ publicKeyDer }) => issuer.issue({ ...request, publicKeyDer })))
      return { name: formatKeySpec(keySpec), ca: ca.certificateDer, lscs: issued.map(({ certificateDer }) => certificateDer) }
    }),
  )
}

t.test('openssl verifies what every kind of issuer signs', needs('openssl'), async t => {
  for (const { name, ca, lscs } of await chains()) {
    const folder = t.testdir({ 'ca.pem': derToPem(ca), ...Object.fromEntries(lscs.map((der, i) => [`${i}.pem`, derToPem(der)])) })
    const files = lscs.map((_, i) => `${folder}/${i}.pem`)
    const level = ['-auth_level', '0', '-x509_strict', '-check_ss_sig']
    for (const purpose of ['sslserver', 'sslclient']) {
      const said = run(['openssl', 'verify', ...level, '-purpose', purpose, '-CAfile', `${folder}/ca.pem`, ...files]).toString()
      t.equal(said.match(/: OK/g)?.length, lscs.length, `${name}: ${purpose}`)
    }
    const text = run(['openssl', 'x509', '-noout', '-text', '-in', files[1]!]).toString()
    t.match(text, /Key Usage: critical\s+Digital Signature, Key Encipherment/, `${name}: text`)
  }
})

t.test('strongSwan verifies what every kind of issuer signs', needs('pki'), async t => {
  for (const { name, ca, lscs } of await chains()) {
    const folder = t.testdir({ 'ca.der': ca, ...Object.fromEntries(lscs.map((der, i) => [`${i}.der`, der])) })
    for (const [i] of lscs.entries()) {
      const said = run(['pki', '--verify', '--in', `${folder}/${i}.der`, '--cacert', `${folder}/ca.der`]).toString()
      t.match(said, /certificate trusted/, `${name}: certificate ${i}`)
    }
    const printed = run(['pki', '--print', '--in', `${folder}/0.der`]).toString()
    t.match(printed, /subject:\s+"CN=CP-8861-SEP001122334455, O=Example/, `${name}: printed`)
  }
})

t.test('a MIC is verified by openssl and names its phone', needs('openssl'), async t => {
  const manufacturer = await newManufacturingCa(ec)
  const issuer = CertificateIssuer.create({ ...manufacturer, privateKey: manufacturer.keyPair.privateKey, profile: 'mic', now })
  const mic = await issuer.issue({ ...request, subject: micSubject({ deviceName: 'SEP001122334455', model: '7962G' }) })
  const folder = t.testdir({ 'ca.pem': derToPem(manufacturer.certificateDer), 'mic.pem': derToPem(mic.certificateDer) })
  const at = ['-attime', String((NOW.getTime() / 1000) | 0)]
  t.match(run(['openssl', 'verify', ...at, '-x509_strict', '-CAfile', `${folder}/ca.pem`, `${folder}/mic.pem`]).toString(), /OK/)
  t.equal(deviceNameOf(commonName(parseCertificate(mic.certificateDer).subject)!), 'SEP001122334455')
  t.equal(Math.round((mic.notAfter.getTime() - NOW.getTime()) / DAY), 3652, 'ten years')
})

t.test('an issuer that openssl made works: its names and key id are taken over as they are', needs('openssl'), async t => {
  const folder = t.testdir({})
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${folder}/key.pem`]
  const dates = ['-days', '4000', '-subj', '/C=NZ/O=Müller/CN=CA', '-utf8']
  const pem = run(['openssl', 'req', '-x509', ...key, ...dates, '-addext', 'subjectKeyIdentifier=01:02:03'])
  const { privateKey } = readPrivateKey(run(['openssl', 'pkey', '-in', `${folder}/key.pem`]))
  const certificateDer = pemToDer(pem)[0]!
  const real = { certificateDer, privateKey, now: () => new Date() }
  const { certificateDer: lsc } = await issuerOf(real).issue(request)
  t.strictSame(parseCertificate(lsc).extensions.authorityKeyId, Buffer.of(1, 2, 3))
  t.ok(new X509Certificate(lsc).checkIssued(new X509Certificate(certificateDer)), 'node:crypto says so')
  t.ok(new X509Certificate(lsc).verify(new X509Certificate(certificateDer).publicKey), 'and that the signature is good')
})
