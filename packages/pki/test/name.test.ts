import fc from 'fast-check'
import t from 'tap'
import { oid, printable, sequence, set, tlv, utf8 } from '../src/der.ts'
import {
  commonName,
  type DistinguishedName,
  decodeName,
  encodeName,
  formatName,
  type NameAttribute,
  parseName,
} from '../src/index.ts'

const name = (...pairs: [NameAttribute, string][]): DistinguishedName => pairs.map(([type, value]) => ({ type, value }))

t.test('a name is printed in the order of its DER and read back', async t => {
  const subject = name(['CN', 'SEP001122334455'], ['O', 'Example, Inc.'], ['C', 'NZ'])
  t.equal(formatName(subject), 'CN=SEP001122334455,O=Example\\, Inc.,C=NZ')
  t.strictSame(parseName(formatName(subject)), subject)
  t.strictSame(decodeName(encodeName(subject)), subject)
  t.equal(commonName(subject), 'SEP001122334455')
  t.equal(commonName(name(['O', 'Example'])), undefined)
})

t.test('names are read as people and trust lists write them', async t => {
  t.strictSame(parseName('cn=a, o = b ;OU=c+L=d'), name(['CN', 'a'], ['O', 'b'], ['OU', 'c'], ['L', 'd']))
  t.strictSame(parseName('serialNumber=PID:CP-8861 SN:FCH1'), name(['serialNumber', 'PID:CP-8861 SN:FCH1']))
  t.strictSame(parseName('CN=\\C3\\A9\\, \\"x\\"\\ '), name(['CN', 'é, "x" ']), 'escapes')
  t.strictSame(parseName('CN=\\\\41'), name(['CN', '\\41']), 'an escaped backslash does not start another escape')
  t.strictSame(parseName('1.2.3.4=x,CN='), name(['1.2.3.4', 'x'], ['CN', '']), 'unknown types and empty values')
})

t.test('blanks at the end of a value are left out, but for one that is escaped', async t => {
  for (const [text, value] of [
    ['a  ', 'a'],
    ['a\\   ', 'a '],
    ['a\\\\   ', 'a\\'],
    ['a\\ \\   ', 'a  '],
    ['   ', ''],
  ] as const)
    t.strictSame(parseName(`CN=${text}`), name(['CN', value]), JSON.stringify(text.slice(0, 9)))
  const long = `a${' '.repeat(500_000)}b`
  t.ok(parseName(`CN=${long}`)[0]?.value === long, 'a long row of them in the middle stays, and takes no time')
})

t.test('what is no name is refused with what it was', async t => {
  for (const bad of ['', 'CN', 'CN=a,', 'CN=a,,O=b', '=a', 'X=a', 'CN=a\\', '1.2.=x', '3.1=x', ',CN=a']) {
    t.throws(() => parseName(bad), { code: 'PKI_BAD_NAME', message: JSON.stringify(bad) }, JSON.stringify(bad))
  }
  t.throws(() => encodeName(name(['C', 'N*'])), { code: 'PKI_BAD_NAME' }, 'not in PrintableString')
  t.throws(() => encodeName(name(['CN', '\ud800'])), { code: 'PKI_BAD_NAME' }, 'half a surrogate pair')
  t.throws(() => encodeName(name(['9.9', 'x'])), { code: 'PKI_BAD_NAME' }, 'no object identifier')
})

t.test('C and serialNumber are PrintableString, the others UTF8String', async t => {
  const rdn = (type: string, value: Buffer) => set(sequence(oid(type), value))
  t.strictSame(
    encodeName(name(['C', 'NZ'], ['serialNumber', 'X1'], ['CN', 'ü'])),
    sequence(rdn('2.5.4.6', printable('NZ')), rdn('2.5.4.5', printable('X1')), rdn('2.5.4.3', utf8('ü'))),
  )
})

t.test('other string types are read, and one RDN of two attributes', async t => {
  const attribute = (value: Buffer) => sequence(oid('2.5.4.3'), value)
  const text = (tag: number, bytes: Buffer) => decodeName(sequence(set(attribute(tlv(tag, bytes)))))[0]?.value
  t.equal(text(0x16, Buffer.from('ia5')), 'ia5')
  t.equal(text(0x14, Buffer.from('t\xe9', 'latin1')), 'té')
  t.equal(text(0x1e, Buffer.from('00e90041', 'hex')), 'éA')
  t.equal(text(0x04, Buffer.of(1)), '#040101', 'what is no string is shown as its DER')
  t.strictSame(decodeName(sequence(set(attribute(utf8('a')), attribute(utf8('b'))))), name(['CN', 'a'], ['CN', 'b']))
  for (const bad of [sequence(set()), sequence(set(attribute(tlv(0x0c, Buffer.of(0xff))))), sequence(utf8('x')), Buffer.alloc(0)]) {
    t.throws(() => decodeName(bad), { code: 'PKI_BAD_NAME' }, bad.toString('hex'))
  }
  t.throws(() => text(0x1e, Buffer.of(0)), { code: 'PKI_BAD_NAME' }, 'half a BMP character')
})

t.test('control characters never reach the printed name', async t => {
  t.equal(formatName(name(['CN', 'a\u001b[31m\n\u009b\u202e'])), 'CN=a\\1b[31m\\0a\\c2\\9b\\e2\\80\\ae')
})

t.test('any name survives text and DER', async () => {
  const attribute = ({ types, value }: { types: NameAttribute[]; value: fc.Arbitrary<string> }) =>
    fc.tuple(fc.constantFrom(...types), value).map(([type, text]) => ({ type, value: text }))
  const free = attribute({ types: ['CN', 'O', 'OU', 'L', 'ST', '1.2.3.4'], value: fc.string({ unit: 'binary' }) })
  const strict = attribute({ types: ['C', 'serialNumber'], value: fc.stringMatching(/^[A-Za-z0-9 :.-]{0,12}$/) })
  const tricky = attribute({ types: ['CN'], value: fc.stringMatching(/^[ \\,+";<>=#a1-]{0,8}$/) })
  const names = fc.array(fc.oneof(free, strict, tricky), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(names, subject => {
      t.strictSame(decodeName(encodeName(subject)), subject)
      t.strictSame(parseName(formatName(subject)), subject)
    }),
  )
})

t.test('random bytes are a name or a PkiError', async () => {
  const der = encodeName(name(['CN', 'SEP001122334455'], ['O', 'Example']))
  const mutated = fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
    const copy = Buffer.from(der)
    copy[at] = byte
    return copy
  })
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes)),
      ),
      bytes => {
        try {
          return Array.isArray(decodeName(bytes))
        } catch (error) {
          return (error as { code: string }).code === 'PKI_BAD_NAME'
        }
      },
    ),
    { numRuns: 2000 },
  )
})
