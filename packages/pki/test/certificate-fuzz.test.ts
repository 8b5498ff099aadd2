import fc from 'fast-check'
import t from 'tap'
import { explicit, integer, oid, sequence, tlv } from '../src/der.ts'
import { extension } from '../src/extensions.ts'
import { MAX_CERTIFICATE_BYTES, parseCertificate } from '../src/index.ts'
import { recordedCertificate } from './recordings.ts'

const lsc = recordedCertificate('lsc-rsa2048-SEP00000000C001')
const capf = recordedCertificate('capf')

/** The parser's whole promise: a certificate or this one error, whatever comes in. */
const isCertificateOrRefused = (der: Buffer): boolean => {
  try {
    return parseCertificate(der).der === der
  } catch (error) {
    return (error as { code: string }).code === 'PKI_BAD_CERTIFICATE'
  }
}

t.test('every first part of a certificate is refused, and so are bytes after it', async t => {
  for (let cut = 0; cut < lsc.length; cut++) {
    try {
      parseCertificate(lsc.subarray(0, cut))
      t.fail(`accepted its first ${cut} bytes`)
    } catch (error) {
      if ((error as { code: string }).code !== 'PKI_BAD_CERTIFICATE') t.fail(`${cut}: ${error}`)
    }
  }
  t.throws(() => parseCertificate(Buffer.concat([lsc, Buffer.of(0)])), { code: 'PKI_BAD_CERTIFICATE' })
  const huge = Buffer.concat([lsc, Buffer.alloc(MAX_CERTIFICATE_BYTES)])
  t.throws(
    () => parseCertificate(huge),
    { code: 'PKI_BAD_CERTIFICATE', message: /certificate of \d+ bytes/ },
    'too long to look at',
  )
})

t.test('every byte of a certificate changed in three ways gives a certificate or a refusal', async t => {
  for (const original of [lsc, capf]) {
    for (let at = 0; at < original.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const copy = Buffer.from(original)
        copy[at]! ^= change
        if (!isCertificateOrRefused(copy)) t.fail(`byte ${at} changed by ${change}`)
      }
    }
  }
})

t.test('random bytes, and certificates with random changes, give a certificate or a refusal', async () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
  const edits = fc.array(fc.tuple(fc.nat({ max: capf.length - 1 }), fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 4 })), {
    maxLength: 6,
  })
  const edited = edits.map(list =>
    list.reduce((der, [at, drop, put]) => Buffer.concat([der.subarray(0, at), put, der.subarray(at + drop)]), capf),
  )
  fc.assert(fc.property(fc.oneof(bytes, edited), isCertificateOrRefused), { numRuns: 3000 })
})

t.test('random extensions in a sound certificate give a certificate or a refusal', async () => {
  const names = fc.constantFrom(
    'basicConstraints',
    'keyUsage',
    'extendedKeyUsage',
    'subjectAltName',
    'subjectKeyId',
    'authorityKeyId',
  )
  const leaf = fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 0x80, 0x81, 0x86, 0x87), fc.uint8Array({ maxLength: 20 }))
    .map(([tag, b]) => tlv(tag, b))
  const { tree } = fc.letrec<{ tree: Buffer }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }).map(parts => sequence(...parts)),
    ),
  }))
  const lists = fc.array(
    fc.tuple(names, fc.boolean(), tree).map(([name, critical, value]) => extension(name as 'keyUsage', { critical, value })),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(lists, list => isCertificateOrRefused(withExtensions(list))),
    { numRuns: 3000 },
  )
})

/** The recorded LSC with other extensions; its signature is wrong then, which the parser does not look at. */
const withExtensions = (extensions: readonly Buffer[], version = 2) => {
  const { issuerDer, subjectDer, publicKeyDer } = parseCertificate(lsc)
  const algorithm = sequence(oid('1.2.840.113549.1.1.11'))
  const time = tlv(0x17, Buffer.from('270101000000Z'))
  const tbs = sequence(
    explicit(0, integer(version)),
    integer(1),
    algorithm,
    issuerDer,
    sequence(time, time),
    subjectDer,
    publicKeyDer,
    explicit(3, sequence(...extensions)),
  )
  return sequence(tbs, algorithm, tlv(3, Buffer.of(0, 1)))
}

t.test('what RFC 5280 forbids is refused', async t => {
  const good = extension('subjectKeyId', { value: tlv(4, Buffer.of(1)) })
  t.strictSame(parseCertificate(withExtensions([good])).extensions.subjectKeyId, Buffer.of(1), 'the frame itself is sound')
  const refused = {
    'the same extension twice': withExtensions([good, good]),
    'extensions in version 2': withExtensions([good], 1),
    'bytes after the value of an extension': withExtensions([extension('subjectKeyId', { value: Buffer.from('04010100', 'hex') })]),
    'a negative path length': withExtensions([extension('basicConstraints', { value: Buffer.from('30060101ff0201ff', 'hex') })]),
    'an address of three bytes': withExtensions([extension('subjectAltName', { value: Buffer.from('30058703010203', 'hex') })]),
    'a key usage of nine unused bits': withExtensions([extension('keyUsage', { value: Buffer.from('03020901', 'hex') })]),
  }
  for (const [name, der] of Object.entries(refused)) t.throws(() => parseCertificate(der), { code: 'PKI_BAD_CERTIFICATE' }, name)
})

t.test('an outer signature algorithm that is not the signed one is refused', async t => {
  const copy = Buffer.from(lsc)
  const outer = copy.lastIndexOf(Buffer.from('2a864886f70d01010b', 'hex'))
  copy[outer + 8] = 0x05
  t.throws(() => parseCertificate(copy), { code: 'PKI_BAD_CERTIFICATE' })
})
