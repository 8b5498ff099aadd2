import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { integer, nothing, octetString, oid, sequence, set, utf8 } from '../src/der.ts'
import {
  CSR_ATTRIBUTE_OIDS,
  type CsrWishes,
  formatCsrAttrs,
  parseCsrAttrs,
  requestWishes,
  templateAttribute,
} from '../src/index.ts'

const { challengePassword, extensionRequest, requestInfoTemplate } = CSR_ATTRIBUTE_OIDS
const RSA = '1.2.840.113549.1.1.1'
const EC = '1.2.840.10045.2.1'
const P384 = '1.3.132.0.34'
const SAN = '2.5.29.17'
const KEY_USAGE = '2.5.29.15'

const wishes = (base64: string) => requestWishes(parseCsrAttrs(Buffer.from(base64, 'base64')))

t.test('what a libest server says by default', async t => {
  const der = Buffer.from('MCYGBysGAQEBARYGCSqGSIb3DQEJAQYFK4EEACIGCWCGSAFlAwQCAg==', 'base64')
  const attrs = parseCsrAttrs(der)
  t.strictSame(attrs, { oids: ['1.3.6.1.1.1.1.22', '1.2.840.113549.1.9.1', P384, '2.16.840.1.101.3.4.2.2'], attributes: [] })
  t.strictSame(formatCsrAttrs(attrs), der, 'the same bytes again')
  t.strictSame(requestWishes(attrs), {
    form: 'attributes',
    challengePassword: false,
    extensions: [],
    key: { type: 'ec', curve: P384 },
  })
  t.equal(wishes('MAsGCSqGSIb3DQEJBw==').challengePassword, true, 'the one that demands proof of possession')
})

t.test('an empty list asks for nothing', async t => {
  t.strictSame(wishes('MAA='), { form: 'attributes', challengePassword: false, extensions: [] })
})

t.test('key and extensions as attributes with values', async t => {
  const value = Buffer.from('3003820161', 'hex')
  const rsa = requestWishes({
    oids: [challengePassword],
    attributes: [
      { oid: RSA, values: [integer(4096)] },
      { oid: extensionRequest, values: [sequence(sequence(oid(SAN), octetString(value)))] },
      { oid: '1.3.6.1.1.1.1.22', values: [utf8('00:11')] },
    ],
  })
  const extensions = [{ oid: SAN, critical: false, value }]
  t.strictSame(rsa, { form: 'attributes', challengePassword: true, key: { type: 'rsa', bits: 4096 }, extensions })
  const ec = requestWishes({ oids: [], attributes: [{ oid: EC, values: [oid(P384)] }] })
  t.strictSame(ec.key, { type: 'ec', curve: P384 })
})

const TEMPLATE: Omit<CsrWishes, 'form'> = {
  challengePassword: true,
  subject: [{ type: 'CN' }, { type: 'O', value: 'Example' }, { type: 'DC', value: 'example' }],
  key: { type: 'rsa', bits: 3072 },
  extensions: [
    { oid: KEY_USAGE, critical: true, value: Buffer.from('030205a0', 'hex') },
    { oid: SAN, critical: false },
  ],
}

t.test('a template says all of it, and nothing beside it counts', async t => {
  const attributes = [templateAttribute(TEMPLATE), { oid: EC, values: [oid(P384)] }]
  const der = formatCsrAttrs({ oids: ['1.2.3'], attributes })
  t.strictSame(requestWishes(parseCsrAttrs(der)), { form: 'template', ...TEMPLATE })
  const bare = templateAttribute({ challengePassword: false, extensions: [] })
  t.equal(bare.values[0]!.toString('hex'), '3005020100a100', 'the attributes are there even when there are none')
  t.strictSame(requestWishes({ oids: [], attributes: [bare] }), { form: 'template', challengePassword: false, extensions: [] })
})

t.test('every template comes back as it was', async () => {
  const curve = fc.constantFrom(P384, '1.2.840.10045.3.1.7')
  const key = fc.oneof(
    fc.constantFrom({ type: 'rsa' as const }, { type: 'ec' as const }),
    fc.constantFrom(1024, 2048, 4096).map(bits => ({ type: 'rsa' as const, bits })),
    curve.map(curve => ({ type: 'ec' as const, curve })),
  )
  const part = fc.record(
    { type: fc.constantFrom('CN' as const, 'O' as const, '1.2.3' as const), value: fc.string({ unit: 'grapheme' }) },
    { requiredKeys: ['type'], noNullPrototype: true },
  )
  const extension = fc.record(
    { oid: fc.constantFrom(SAN, KEY_USAGE, '1.2.3.4'), critical: fc.boolean(), value: fc.uint8Array().map(Buffer.from) },
    { requiredKeys: ['oid', 'critical'], noNullPrototype: true },
  )
  const template = fc.record(
    {
      challengePassword: fc.boolean(),
      subject: fc.array(part),
      key,
      extensions: fc.uniqueArray(extension, { selector: ({ oid }) => oid }),
    },
    { requiredKeys: ['challengePassword', 'extensions'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(template, given => {
      const read = requestWishes(parseCsrAttrs(formatCsrAttrs({ oids: [], attributes: [templateAttribute(given)] })))
      return isDeepStrictEqual(read, { form: 'template', ...given })
    }),
    { numRuns: 200 },
  )
})

t.test('what contradicts itself is refused', async t => {
  const refused = (attributes: { oid: string; values: Buffer[] }[], what: string) =>
    t.throws(() => requestWishes({ oids: [], attributes }), { code: 'PKI_BAD_CSR_ATTRS' }, what)
  const extensions = sequence(sequence(oid(SAN), octetString(Buffer.of(48, 0))))
  refused([{ oid: extensionRequest, values: [extensions, extensions] }], 'two values')
  refused(
    [
      { oid: extensionRequest, values: [extensions] },
      { oid: extensionRequest, values: [extensions] },
    ],
    'two attributes',
  )
  refused([{ oid: extensionRequest, values: [sequence(sequence(oid(SAN)))] }], 'an extension without its value')
  const twice = sequence(sequence(oid(SAN), octetString()), sequence(oid(SAN), octetString()))
  refused([{ oid: extensionRequest, values: [twice] }], 'an extension twice')
  refused(
    [
      { oid: RSA, values: [integer(2048)] },
      { oid: EC, values: [oid(P384)] },
    ],
    'two types of keys',
  )
  refused([{ oid: EC, values: [nothing()] }], 'a curve that is none')
  const both = sequence(integer(0), Buffer.concat([Buffer.of(0xa1), attributeList(extensions).subarray(1)]))
  refused([{ oid: requestInfoTemplate, values: [both] }], 'both kinds of extension requests')
  refused([{ oid: requestInfoTemplate, values: [sequence(integer(1), Buffer.of(0xa1, 0))] }], 'another version')
  refused([{ oid: requestInfoTemplate, values: [sequence(integer(0))] }], 'no attributes')
})

const attributeList = (extensions: Buffer) =>
  set(
    sequence(oid(extensionRequest), set(extensions)),
    sequence(oid(CSR_ATTRIBUTE_OIDS.extensionTemplates), set(sequence(sequence(oid(KEY_USAGE))))),
  )

t.test('every truncation, every changed bit and any bytes: read, or refused with a code', async t => {
  const der = formatCsrAttrs({ oids: [challengePassword], attributes: [templateAttribute(TEMPLATE)] })
  const read = (bytes: Buffer) => {
    try {
      requestWishes(parseCsrAttrs(bytes))
      return 'read'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  for (let cut = 0; cut < der.length; cut++) t.equal(read(der.subarray(0, cut)), 'PKI_BAD_CSR_ATTRS', `its first ${cut} bytes`)
  for (let bit = 0; bit < der.length * 8; bit++) {
    const copy = Buffer.from(der)
    copy[bit >> 3]! ^= 1 << (bit & 7)
    if (!['read', 'PKI_BAD_CSR_ATTRS'].includes(read(copy))) t.fail(`bit ${bit}: ${read(copy)}`)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => ['read', 'PKI_BAD_CSR_ATTRS'].includes(read(Buffer.from(bytes)))),
  )
  t.equal(read(Buffer.concat([Buffer.from('30830fffff', 'hex'), Buffer.alloc(0xfffff)])), 'PKI_BAD_CSR_ATTRS', 'a mebibyte')
})
