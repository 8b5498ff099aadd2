import {
  type Field,
  type FieldTable,
  formatRecord,
  formatTrustList,
  HEADER_FIELDS,
  MAX_TRUST_LIST_BYTES,
  parseSignedFile,
  parseTrustList,
  RECORD_FIELDS,
  TLV_ERRORS,
  TlvError,
  writeFile,
} from '@capfkit/codec/tlv'
import fc from 'fast-check'
import t from 'tap'
import { RECORDED_LISTS, RECORDED_SIGNED, recorded } from './tlv-files.ts'

const NAMES = new Set<string>(
  (function* names(table: FieldTable): Generator<string> {
    for (const [name, field] of Object.entries<Field>(table)) {
      yield name
      if ('fields' in field) yield* names(field.fields)
    }
  })({ ...HEADER_FIELDS, ...RECORD_FIELDS }),
)

/** The refusal of some bytes, with a place in them; `undefined` when they are read. Anything else goes through and fails. */
const refusal = (read: () => unknown, length: number): TlvError | undefined => {
  try {
    read()
    return undefined
  } catch (error) {
    if (!(error instanceof TlvError)) throw error
    if (!(error.code in TLV_ERRORS)) throw new Error(`${error.code} is in no table`)
    if (error.offset < 0 || error.offset > length) throw new Error(`${error.message}: not a place in ${length} bytes`)
    const last = error.where.split('.').at(-1)!
    if (!/^(file|header|record \d+|tag \d+)$/.test(last) && !NAMES.has(last)) throw new Error(`${error.where} is no field`)
    return error
  }
}

const FILES = [
  ...RECORDED_LISTS.map(name => ({ name: `${name}.tlv`, parse: parseTrustList })),
  ...RECORDED_SIGNED.map(name => ({ name, parse: parseSignedFile })),
]

for (const { name, parse } of FILES)
  t.test(`${name}: every truncation and every flipped bit is read or refused with its place`, async t => {
    const bytes = recorded(name)
    const recordEnds = new Set(name.endsWith('.tlv') ? parseTrustList(bytes).records.map(({ span }) => span.start) : [])
    const headerBytes = parse(bytes)
    const header = 'headers' in headerBytes ? headerBytes.headers[0] : headerBytes.header
    let [refused, wrong] = [0, 0]
    for (let length = 0; length < bytes.length; length++) {
      const error = refusal(() => parse(bytes.subarray(0, length)), length)
      if (error) refused++
      const isWhole = length >= header.headerLength && (!name.endsWith('.tlv') || recordEnds.has(length))
      if (isWhole === (error !== undefined)) wrong++
    }
    t.equal(wrong, 0, 'only a cut between records, or inside the content of a signed file, can still be read')
    t.ok(refused >= header.headerLength)
    let readable = 0
    for (let bit = 0; bit < header.headerLength * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      if (!refusal(() => parse(damaged), damaged.length)) readable++
    }
    t.ok(readable > header.signature.length * 8, 'a flipped bit of a value is for the signature to find')
    t.ok(readable < header.headerLength * 8, 'one of a tag or length is refused here')
  })

t.test('random bytes, and recorded files with several changes, are read or refused', async () => {
  const sound = recorded('CTLFile.tlv').subarray(0, 2000)
  const change = fc.tuple(fc.nat(sound.length - 1), fc.nat(255))
  const mutated = fc.array(change, { minLength: 1, maxLength: 6 }).map(changes => {
    const bytes = Buffer.from(sound)
    for (const [at, value] of changes) bytes[at] = value
    return bytes
  })
  const random = fc.uint8Array({ maxLength: 300 }).map(tail => Buffer.concat([Buffer.from('010002010202000200', 'hex'), tail]))
  fc.assert(
    fc.property(fc.oneof(mutated, random), bytes => {
      if (refusal(() => parseTrustList(bytes), bytes.length)) return
      const list = parseTrustList(bytes)
      if (!formatTrustList(list).equals(bytes)) throw new Error('what can be read is written back as it was')
    }),
    { numRuns: 3000 },
  )
})

const header = {
  version: { major: 1, minor: 2 },
  signer: { name: 'CN=a', serialNumber: Buffer.of(1), issuerName: 'CN=a' },
  signatureInfo: { digest: 1, signature: { algorithm: 0, modulus: 0 } },
  signature: Buffer.alloc(64),
}
const list = (...records: Buffer[]) => writeFile([header], records).bytes

t.test('any list of records round-trips', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(value => value.isWellFormed())
  const blob = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))
  const record = fc.record(
    {
      dnsName: text,
      subjectName: text,
      role: fc.nat(0xffff),
      issuerName: text,
      serialNumber: blob,
      publicKey: blob,
      signature: blob,
      certificateDer: blob,
      ipAddress: fc.ipV4(),
      certificateHash: blob,
      hashAlgorithm: fc.nat(255),
    },
    { requiredKeys: ['role'] },
  )
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), records => {
      const bytes = formatTrustList({ headers: [header], records })
      const parsed = parseTrustList(bytes)
      if (!formatTrustList(parsed).equals(bytes)) throw new Error('not the same bytes')
      for (const [index, given] of records.entries())
        for (const [key, value] of Object.entries(given)) {
          const found: unknown = parsed.records[index]![key as keyof typeof given]
          const same = Buffer.isBuffer(value) ? value.equals(found as Buffer) : value === found
          if (!same) throw new Error(`${key} came back as another value`)
        }
    }),
    { numRuns: 300 },
  )
})

t.test('a role that nobody knows and a field that nobody knows are kept', async t => {
  const known = formatRecord({ role: 99, subjectName: 'CN=x' })
  const strange = Buffer.concat([known, Buffer.from('2a0003616263', 'hex')])
  strange.writeUInt16BE(strange.length, 3)
  const bytes = list(strange)
  const { records, headers } = parseTrustList(bytes)
  t.match(records, [{ role: 99, unknown: [{ tag: 0x2a, value: Buffer.from('abc') }] }])
  t.ok(formatTrustList({ headers, records }).equals(bytes))
})

t.test('what is added to a parsed record must stand in its order, or it would get lost', async t => {
  const swapped = parseTrustList(
    formatTrustList({ headers: [header], records: [{ role: 4, subjectName: 'CN=x', order: [1, 4, 3] }] }),
  )
  const [record] = swapped.records
  t.strictSame(record?.order, [1, 4, 3])
  const named = { ...record!, dnsName: 'cucm.example' }
  t.throws(() => formatRecord(named), { code: 'TLV_BAD_ORDER', where: 'record 1' })
  t.ok(formatRecord({ ...named, order: [1, 2, 4, 3] }).includes('cucm.example'))
  t.throws(() => formatRecord({ ...record!, order: [1, 4, 4] }), { code: 'TLV_BAD_ORDER' }, 'nor may one stand twice')
})

t.test('a megabyte of fields that nobody knows is read and written back', async t => {
  const tags = Array.from({ length: 21_000 }, (_, index) => 100 + ((index * 7) % 50))
  const unknown = tags.map(tag => ({ tag, value: Buffer.alloc(0) }))
  const bytes = formatTrustList({ headers: [header], records: Array(16).fill({ role: 4, unknown }) })
  t.ok(bytes.length > 1_000_000 && bytes.length <= MAX_TRUST_LIST_BYTES)
  t.ok(formatTrustList(parseTrustList(bytes)).equals(bytes))
})

t.test('64 KB of padding is one header, or is refused when HeaderLength cannot say it', async t => {
  const most = 0xffff - writeFile([header], []).bytes.length
  const bytes = writeFile([{ ...header, paddingBytes: most }], [formatRecord({ role: 4 })]).bytes
  t.equal(parseTrustList(bytes).records.length, 1)
  t.throws(() => writeFile([{ ...header, paddingBytes: 0x10000 }], []), { code: 'TLV_BAD_HEADER_LENGTH' })
})

const swallowed = (bytes: Buffer, change: (bytes: Buffer) => void) => {
  change(bytes)
  return bytes
}

t.test('each kind of lie gets its own code and place', async t => {
  const record = formatRecord({ role: 4, subjectName: 'CN=x' })
  const start = list().length
  const one = writeFile([header], []).bytes
  const fiveHeaders = Buffer.concat(Array(5).fill(one))
  for (let left = 5; left > 0; left--) fiveHeaders.writeUInt16BE(left * one.length, (5 - left) * one.length + 8)
  const cases: readonly { what: string; bytes: Buffer; error: { code: string; where?: string; offset?: number } }[] = [
    { what: 'nothing', bytes: Buffer.alloc(0), error: { code: 'TLV_TRUNCATED', where: 'header' } },
    { what: 'an HTML page', bytes: Buffer.from('<html><body>Not found</body>'), error: { code: 'TLV_BAD_VERSION', offset: 0 } },
    { what: 'a major version of tomorrow', bytes: swallowed(list(), b => b.writeUInt8(3, 3)), error: { code: 'TLV_BAD_VERSION' } },
    {
      what: 'a header that ends behind the file',
      bytes: swallowed(list(), b => b.writeUInt16BE(0xffff, 8)),
      error: { code: 'TLV_TRUNCATED' },
    },
    {
      what: 'a header of no length',
      bytes: swallowed(list(), b => b.writeUInt16BE(0, 8)),
      error: { code: 'TLV_BAD_HEADER_LENGTH', offset: 8 },
    },
    {
      what: 'a name without NUL',
      bytes: swallowed(list(record), b => b.writeUInt8(0x20, start + record.length - 6)),
      error: { code: 'TLV_BAD_TEXT', where: 'record 1.SUBJECTNAME' },
    },
    {
      what: 'a name that is not UTF-8',
      bytes: swallowed(list(record), b => b.writeUInt8(0xff, start + 8)),
      error: { code: 'TLV_BAD_TEXT', where: 'record 1.SUBJECTNAME', offset: start + 8 },
    },
    {
      what: 'a record that is longer than the file',
      bytes: swallowed(list(record), b => b.writeUInt16BE(record.length + 1, start + 3)),
      error: { code: 'TLV_BAD_RECORD_LENGTH', where: 'record 1.RECORDLENGTH', offset: start + 3 },
    },
    {
      what: 'a record of length 0, which would never end',
      bytes: swallowed(list(record), b => b.writeUInt16BE(0, start + 3)),
      error: { code: 'TLV_BAD_RECORD_LENGTH' },
    },
    {
      what: 'a record inside a record',
      bytes: swallowed(list(record, record), b => b.writeUInt16BE(2 * record.length, start + 3)),
      error: { code: 'TLV_DUPLICATE_FIELD', where: 'record 1.RECORDLENGTH', offset: start + record.length },
    },
    {
      what: 'a record without a role',
      bytes: list(Buffer.from('0100020005', 'hex')),
      error: { code: 'TLV_MISSING_FIELD', where: 'record 1.FUNCTION' },
    },
    {
      what: 'five headers in front of each other',
      bytes: fiveHeaders,
      error: { code: 'TLV_TOO_MANY_HEADERS' },
    },
    { what: 'more than a megabyte', bytes: Buffer.alloc(MAX_TRUST_LIST_BYTES + 1), error: { code: 'TLV_TOO_LONG' } },
  ]
  for (const { what, bytes, error } of cases) t.throws(() => parseTrustList(bytes), error, what)
  t.throws(() => writeFile(Array(5).fill(header), []), { code: 'TLV_TOO_MANY_HEADERS' }, 'what cannot be read is not written')
  const reset = writeFile([header, header], []).bytes
  t.throws(() => parseSignedFile(reset), { code: 'TLV_TOO_MANY_HEADERS' }, 'a signed file has one header')
  t.throws(() => formatRecord({ role: 0x10000 }), { code: 'TLV_BAD_VALUE', where: 'record 1.FUNCTION' })
  t.throws(() => formatRecord({ role: 2, ipAddress: '1.2.3.999' }), { code: 'TLV_BAD_VALUE', where: 'record 1.IPADDRESS' })
  t.throws(() => formatRecord({ role: 2, certificateDer: Buffer.alloc(0x10000) }), { code: 'TLV_BAD_LENGTH' })
})
