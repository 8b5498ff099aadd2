import fc from 'fast-check'
import t from 'tap'
import {
  bitString,
  boolean,
  explicit,
  integer,
  nothing,
  octetString,
  oid,
  printable,
  sequence,
  set,
  TAG,
  time,
  tlv,
  utf8,
} from '../src/der.ts'
import { DerReader, decodeOid } from '../src/der-reader.ts'
import { readBer } from '../src/forge-asn1.ts'
import { readTime } from '../src/read-time.ts'
import { needs, run } from './programs.ts'

const hex = (bytes: Buffer) => bytes.toString('hex')

t.test('elements are written in the shortest form', async t => {
  t.equal(hex(nothing()), '0500')
  t.equal(hex(boolean(true)), '0101ff')
  t.equal(hex(integer(0)), '020100')
  t.equal(hex(integer(127)), '02017f')
  t.equal(hex(integer(128)), '02020080', 'an unsigned integer stays positive')
  t.equal(hex(integer(65_537)), '0203010001')
  t.equal(hex(integer(Buffer.from('0000ff', 'hex'))), '020200ff', 'leading zeros go')
  t.equal(hex(oid('1.2.840.113549.1.1.11')), '06092a864886f70d01010b')
  t.equal(hex(oid('2.999.3')), '0603883703')
  t.equal(hex(bitString(Buffer.of(0xa0), 5)), '030205a0')
  t.equal(hex(explicit(3, nothing())), 'a3020500')
  t.equal(hex(set(printable('b'), printable('a'))), '3106130161130162', 'a set is sorted')
  t.equal(hex(utf8('é')), '0c02c3a9')
})

t.test('lengths change form at 128, 256 and 65536 bytes', async t => {
  for (const [length, header] of [
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ] as const) {
    t.equal(hex(octetString(Buffer.alloc(length))).slice(0, header.length), header, `${length} bytes`)
  }
})

t.test('times switch form in 2050 and come back', async t => {
  const cases = { '2049-12-31T23:59:59Z': '170d3439', '2050-01-01T00:00:00Z': '180f32303530', '1999-02-28T12:00:00Z': '170d3939' }
  for (const [iso, start] of Object.entries(cases)) {
    t.equal(hex(time(new Date(iso))).slice(0, start.length), start, iso)
    t.strictSame(readTime(new DerReader(time(new Date(iso)), 'time')), new Date(iso), 'read back')
  }
  for (const text of ['260230000000Z', '261301000000Z', '2601010000Z', '260101000060Z', '260101240000Z', '260101000000+0100', '']) {
    t.throws(
      () => readTime(new DerReader(tlv(TAG.utcTime, Buffer.from(text)), 'time')),
      { code: 'PKI_BAD_DER' },
      JSON.stringify(text),
    )
  }
})

t.test('what is not DER is refused', async t => {
  const bad = {
    'nothing at all': '',
    'tag alone': '04',
    'content cut off': '0402ff',
    'indefinite length': '30800000',
    'long form for a short length': '04810100',
    'long form with a leading zero': '0482000100',
    'length of length cut off': '0482ff',
    'length of four bytes': '048401000000',
    'tag of several bytes': '1f8101',
  }
  for (const [name, bytes] of Object.entries(bad)) {
    t.throws(() => new DerReader(Buffer.from(bytes, 'hex'), 'test').next(), { code: 'PKI_BAD_DER' }, name)
  }
  const reader = (bytes: string) => new DerReader(Buffer.from(bytes, 'hex'), 'test')
  t.throws(() => reader('0500').next(TAG.sequence), { code: 'PKI_BAD_DER', message: /near byte 0 of 2/ }, 'another tag')
  t.throws(() => reader('02020001').integer(), { code: 'PKI_BAD_DER' }, 'an integer with a leading zero')
  t.throws(() => reader('0200').integer(), { code: 'PKI_BAD_DER' }, 'an integer without content')
  t.throws(() => reader('010101').boolean(), { code: 'PKI_BAD_DER' }, 'a boolean that is neither')
  t.throws(() => reader('030101').wholeBytes(), { code: 'PKI_BAD_DER' }, 'a bit string with unused bits')
  t.throws(() => reader('0500').finish(), { code: 'PKI_BAD_DER' }, 'bytes that follow')
  for (const bytes of ['0600', '060180', '06028001', '060a2a8fffffffffffffff7f']) {
    t.throws(() => reader(bytes).oid(), { code: 'PKI_BAD_DER' }, `object identifier ${bytes}`)
  }
})

t.test('object identifiers survive being written and read', async () => {
  const arcs = fc.tuple(
    fc.constantFrom(...[0, 1, 2].flatMap(first => [0, 5, 39].map(second => `${first}.${second}`)), '2.100', '2.999'),
    fc.array(fc.nat({ max: 2 ** 31 - 1 }), { maxLength: 10 }),
  )
  fc.assert(
    fc.property(arcs, ([root, rest]) => {
      const dotted = [root, ...rest].join('.')
      return decodeOid(new DerReader(oid(dotted), 'oid').next().content) === dotted
    }),
  )
})

t.test('integers agree with node-forge and openssl', needs('openssl'), async t => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 47 }), value => {
      const content = new DerReader(integer(value), 'integer').integer()
      return BigInt(`0x${hex(content)}`) === BigInt(value) && hex(readBer(integer(value)).encode()) === hex(integer(value))
    }),
  )
  const printed = run(
    ['openssl', 'asn1parse', '-inform', 'DER'],
    sequence(integer(65_537), oid('2.5.4.3'), boolean(true)),
  ).toString()
  t.match(printed, /INTEGER\s+:010001[\s\S]*OBJECT\s+:commonName[\s\S]*BOOLEAN\s+:255/)
})

t.test('random bytes are an element or a PkiError, and an element is written back as it was', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      const input = Buffer.from(bytes)
      try {
        const { raw, tag, content } = new DerReader(input, 'random').next()
        return tlv(tag, content).equals(raw)
      } catch (error) {
        return (error as { code: string }).code === 'PKI_BAD_DER'
      }
    }),
    { numRuns: 3000 },
  )
})
