import fc from 'fast-check'
import t from 'tap'
import { explicit, octetString, oid, sequence } from '../src/der.ts'
import { buildCertsOnly, derToPem, parseCertsOnly, pemToDer, privateKeyPem } from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate, recordedKey } from './recordings.ts'

const certificates = ['capf', 'mca', 'lsc-secp256r1-SEP00000000EC25'].map(recordedCertificate)

t.test('certificates come back byte for byte, in order, EC keys too', async t => {
  t.strictSame(parseCertsOnly(buildCertsOnly(certificates)), certificates)
  t.strictSame(parseCertsOnly(buildCertsOnly([certificates[2]!])), [certificates[2]])
})

t.test('openssl reads ours and we read the one of openssl', needs('openssl'), async t => {
  const ours = run(['openssl', 'pkcs7', '-inform', 'DER', '-print_certs'], buildCertsOnly(certificates))
  t.strictSame(pemToDer(ours), certificates)
  const folder = t.testdir({ 'all.pem': derToPem(certificates) })
  const theirs = run(['openssl', 'crl2pkcs7', '-nocrl', '-certfile', `${folder}/all.pem`, '-outform', 'DER'])
  t.strictSame(parseCertsOnly(theirs), certificates)
})

t.test('strongSwan reads ours', needs('pki'), async t => {
  const folder = t.testdir({ 'certs.p7': buildCertsOnly(certificates.slice(0, 2)) })
  const shown = pemToDer(run(['pki', '--pkcs7', '--show', '--in', `${folder}/certs.p7`]))
  t.strictSame(new Set(shown.map(String)), new Set(certificates.slice(0, 2).map(String)))
})

t.test(
  'a SignedData with content and signers, and BER of indefinite length, give their certificates',
  needs('openssl'),
  async t => {
    const folder = t.testdir({ 'capf.pem': `${derToPem(certificates[0]!)}${privateKeyPem(recordedKey('capf').privateKey)}` })
    const signer = ['-signer', `${folder}/capf.pem`, '-nodetach', '-outform', 'DER']
    t.strictSame(parseCertsOnly(run(['openssl', 'smime', '-sign', ...signer], 'text')), [certificates[0]])
    const ber = run(['openssl', 'cms', '-sign', '-stream', ...signer], 'text')
    t.equal(ber[1], 0x80, 'openssl streams in indefinite length')
    t.strictSame(parseCertsOnly(ber), [certificates[0]])
  },
)

t.test('what carries no certificates is refused', async t => {
  const good = buildCertsOnly(certificates)
  const data = sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octetString(Buffer.from('x'))))
  const bad = {
    empty: Buffer.alloc(0),
    garbage: Buffer.from('garbage'),
    'a certificate': certificates[0]!,
    'no certificates': buildCertsOnly([]),
    'other content': data,
    'too many': buildCertsOnly(Array.from({ length: 65 }, () => certificates[0]!)),
    'too large': buildCertsOnly([Buffer.alloc(0x4_0000, 0x30)]),
    'bytes behind it': Buffer.concat([good, Buffer.of(0)]),
    'nested without end': Buffer.alloc(200_000, 0x30),
    'nested deeply': Buffer.from(Array.from({ length: 20_000 }, () => [0x30, 0x80]).flat()),
  }
  for (const [name, bytes] of Object.entries(bad))
    t.throws(() => parseCertsOnly(bytes), { name: 'PkiError', code: 'PKI_BAD_PKCS7' }, name)
})

t.test('changed and random bytes give certificates or a PkiError', async () => {
  const good = buildCertsOnly(certificates.slice(2))
  const edits = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }).map(list => {
    const copy = Buffer.from(good)
    for (const [at, byte] of list) copy[at] = byte
    return copy
  })
  fc.assert(
    fc.property(
      fc.oneof(
        edits,
        fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)),
      ),
      bytes => {
        try {
          return parseCertsOnly(bytes).length > 0
        } catch (error) {
          return (error as { code: string }).code === 'PKI_BAD_PKCS7'
        }
      },
    ),
    { numRuns: 1000 },
  )
})
