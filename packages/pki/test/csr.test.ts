import { createHash, privateEncrypt } from 'node:crypto'
import fc from 'fast-check'
import forge from 'node-forge'
import t from 'tap'
import { oid, sequence, utf8 } from '../src/der.ts'
import {
  assembleCsr,
  buildCsr,
  buildCsrToBeSigned,
  derToPem,
  formatKeySpec,
  formatName,
  generateKeyPair,
  parseCertificate,
  parseCsr,
  parseKeySpec,
  parseName,
  pemToDer,
  privateKeyPem,
  publicKeySpec,
} from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate, recordedKey } from './recordings.ts'

const subject = parseName('CN=SEP001122334455,O=Example,C=NZ')
const CHALLENGE_PASSWORD = '1.2.840.113549.1.9.7'

t.test('openssl accepts our requests of every kind of key', needs('openssl'), async t => {
  for (const spec of ['rsa:1024', 'rsa:2048', 'ec:p256', 'ec:p384', 'ec:p521'].map(parseKeySpec)) {
    const keyPair = await generateKeyPair(spec)
    const der = await buildCsr({ subject, keyPair, attributes: [{ oid: CHALLENGE_PASSWORD, values: [utf8('1234')] }] })
    const text = run(['openssl', 'req', '-verify', '-noout', '-text', '-inform', 'DER'], der).toString()
    t.match(text, /CN ?= ?SEP001122334455, O ?= ?Example, C ?= ?NZ[\s\S]*challengePassword\s*:1234/, formatKeySpec(spec))
    const parsed = parseCsr(der)
    t.ok(parsed.verify(), 'we verify it too')
    t.strictSame([parsed.subject, parsed.publicKeyDer], [subject, keyPair.publicKeyDer])
    t.strictSame(parsed.attributes, [{ oid: CHALLENGE_PASSWORD, values: [utf8('1234')] }])
  }
})

t.test('strongSwan issues for a request of ours, and node-forge verifies one', needs('pki'), async t => {
  const der = await buildCsr({ subject, keyPair: recordedKey('capf'), digest: 'sha512' })
  const ca = privateKeyPem(recordedKey('mca').privateKey)
  const folder = t.testdir({ 'phone.csr': der, 'ca.pem': derToPem(recordedCertificate('mca')), 'ca.key': ca })
  const authority = ['--cacert', `${folder}/ca.pem`, '--cakey', `${folder}/ca.key`]
  const issued = parseCertificate(run(['pki', '--issue', '--type', 'pkcs10', '--in', `${folder}/phone.csr`, ...authority]))
  t.strictSame([issued.subject, issued.publicKeyDer], [subject, recordedKey('capf').publicKeyDer])
  t.ok(forge.pki.certificationRequestFromPem(derToPem(der, 'CERTIFICATE REQUEST')).verify())
  t.equal(parseCsr(der).signatureAlgorithmOid, '1.2.840.113549.1.1.13', 'SHA-512 as asked')
})

t.test('we read the requests that openssl makes', needs('openssl'), async t => {
  const { privateKey } = await generateKeyPair(parseKeySpec('ec:p384'))
  const folder = t.testdir({ 'key.pem': privateKeyPem(privateKey) })
  const names = ['-subj', '/CN=SEP001122334455/O=Example', '-addext', 'subjectAltName=DNS:phone.example']
  const pem = run(['openssl', 'req', '-new', '-key', `${folder}/key.pem`, ...names])
  const csr = parseCsr(pemToDer(pem, 'CERTIFICATE REQUEST')[0]!)
  t.equal(formatName(csr.subject), 'CN=SEP001122334455,O=Example')
  t.strictSame(publicKeySpec(csr.publicKeyDer), parseKeySpec('ec:p384'))
  t.equal(csr.attributes[0]?.oid, '1.2.840.113549.1.9.14', 'extension request')
  t.ok(csr.verify())
})

// [CAPF-3.7] The phone signs a digest; the server owns the rest of the request.
t.test('a request whose signature was made elsewhere verifies', async t => {
  const { spec, privateKey, publicKeyDer } = recordedKey('capf')
  const infoDer = buildCsrToBeSigned({ subject, publicKeyDer })
  const sha256 = sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), Buffer.of(5, 0)), Buffer.of(4, 32))
  // The last two bytes of that are the header of the digest, which is put behind them here.
  const digestInfo = Buffer.concat([sha256, createHash('sha256').update(infoDer).digest()])
  digestInfo[1] = digestInfo.length - 2
  const signature = privateEncrypt(privateKey, digestInfo)
  t.ok(parseCsr(assembleCsr({ infoDer, signature, spec })).verify())
  t.notOk(parseCsr(assembleCsr({ infoDer, signature, spec, digest: 'sha512' })).verify(), 'another digest than was signed')
})

t.test('a request that was changed does not verify, and one that is malformed is refused', async t => {
  const der = await buildCsr({ subject, keyPair: recordedKey('lsc-secp256r1-SEP00000000EC25') })
  const other = await generateKeyPair(parseKeySpec('ec:p256'))
  const { infoDer, signature } = parseCsr(der)
  t.notOk(parseCsr(Buffer.from(der).fill(der.at(-1)! ^ 1, der.length - 1)).verify(), 'signature')
  const stolen = buildCsrToBeSigned({ subject, publicKeyDer: other.publicKeyDer })
  t.notOk(parseCsr(assembleCsr({ infoDer: stolen, signature, spec: other.spec })).verify(), 'key')
  t.notOk(parseCsr(assembleCsr({ infoDer, signature, spec: parseKeySpec('rsa:2048') })).verify(), 'algorithm of another key type')
  const odd = buildCsrToBeSigned({ subject, publicKeyDer: sequence(oid('1.2.3')) })
  t.notOk(parseCsr(assembleCsr({ infoDer: odd, signature, spec: other.spec })).verify(), 'a key that nobody knows')
  for (let cut = 0; cut < der.length; cut++) {
    try {
      parseCsr(der.subarray(0, cut))
      t.fail(`accepted its first ${cut} bytes`)
    } catch (error) {
      if ((error as { code: string }).code !== 'PKI_BAD_CSR') t.fail(`${cut}: ${error}`)
    }
  }
  t.throws(() => parseCsr(Buffer.concat([der, Buffer.of(0)])), { code: 'PKI_BAD_CSR' }, 'bytes behind it')
  const edit = fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), edits => {
      const copy = Buffer.from(der)
      for (const [at, byte] of edits) copy[at] = byte
      try {
        return copy.equals(der) || !parseCsr(copy).verify()
      } catch (error) {
        return (error as { code: string }).code === 'PKI_BAD_CSR'
      }
    }),
    { numRuns: 1000 },
  )
})
