import {
  DEFAULT_BLOCK_BYTES,
  formatPacket,
  fromNetascii,
  MAX_REQUEST_BYTES,
  type Packet,
  parsePacket,
  readTransferOptions,
  TFTP_ERROR_CODES,
  TFTP_PACKETS,
  TRANSFER_OPTIONS,
  toNetascii,
  writeTransferOptions,
} from '@capfkit/codec/tftp'
import t from 'tap'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const ascii = (text: string) => Buffer.from(text, 'latin1')

/**
 * What curl 7.88 sent, and what the figures of RFC 1350 and RFC 2347 say, byte by byte. `whole`: lengths at which the first bytes
 * are a packet too, because a list of options may end after any pair.
 */
const RECORDED: readonly { what: string; bytes: Buffer; packet: Packet; whole?: readonly number[] }[] = [
  {
    what: 'RFC 1350 figure 5-1: a read request',
    bytes: ascii('\0\x01SEP00112233AABB.cnf.xml\0octet\0'),
    packet: { name: 'RRQ', file: 'SEP00112233AABB.cnf.xml', mode: 'octet', options: {} },
  },
  {
    what: 'curl: a read request with three options',
    bytes: ascii('\0\x01ITLFile.tlv\0octet\0tsize\x000\0blksize\x00512\0timeout\x001\0'),
    packet: { name: 'RRQ', file: 'ITLFile.tlv', mode: 'octet', options: { tsize: '0', blksize: '512', timeout: '1' } },
    whole: [20, 28, 40],
  },
  {
    what: 'a write request',
    bytes: ascii('\0\x02x\0netascii\0'),
    packet: { name: 'WRQ', file: 'x', mode: 'netascii', options: {} },
  },
  {
    what: 'RFC 1350 figure 5-2: data',
    bytes: hex('0003 0001 0dffab'),
    packet: { name: 'DATA', block: 1, data: hex('0dffab') },
    whole: [4, 5, 6],
  },
  { what: 'the empty last block', bytes: hex('0003 ffff'), packet: { name: 'DATA', block: 65_535, data: Buffer.alloc(0) } },
  { what: 'RFC 1350 figure 5-3: an acknowledgement', bytes: hex('0004 0000'), packet: { name: 'ACK', block: 0 } },
  {
    what: 'RFC 1350 figure 5-4: an error',
    bytes: ascii('\0\x05\0\x01no file\0'),
    packet: { name: 'ERROR', errorCode: 1, message: 'no file' },
    whole: [4, 5, 6, 7, 8, 9, 10, 11],
  },
  {
    what: 'RFC 2347: options are acknowledged',
    bytes: ascii('\0\x06blksize\x001432\0'),
    packet: { name: 'OACK', options: { blksize: '1432' } },
    whole: [2],
  },
]

for (const { what, bytes, packet, whole = [] } of RECORDED)
  t.test(what, async t => {
    t.strictSame(parsePacket(bytes), packet, 'reads')
    t.strictSame(formatPacket(packet), bytes, 'and is written the same')
    for (let cut = 0; cut < bytes.length; cut++)
      if (whole.includes(cut)) t.match(parsePacket(bytes.subarray(0, cut)), { name: packet.name }, `reads its first ${cut} bytes`)
      else t.throws(() => parsePacket(bytes.subarray(0, cut)), { name: 'PacketError' }, `refuses its first ${cut} bytes`)
  })

t.test('modes and names of options are read in any case, values as they stand', async t => {
  t.strictSame(parsePacket(ascii('\0\x01a\0OcTeT\0BlkSize\x008\0X\0Y\0')), {
    name: 'RRQ',
    file: 'a',
    mode: 'octet',
    options: { blksize: '8', x: 'Y' },
  })
})

t.test('the words of an error are heard without their NUL too', async t => {
  t.strictSame(parsePacket(ascii('\0\x05\0\x04no')), { name: 'ERROR', errorCode: 4, message: 'no' })
})

t.test('an option may be called like something that every object has', async t => {
  const packet = parsePacket(ascii('\0\x06__proto__\x001\0toString\x002\0'))
  t.strictSame(Object.entries((packet as { options: object }).options), [
    ['__proto__', '1'],
    ['tostring', '2'],
  ])
  t.strictSame(readTransferOptions(JSON.parse('{"__proto__": "9", "constructor": "8"}')), {})
})

const WRONG: readonly [what: string, bytes: Buffer, refusal: { code: string; offset: number; where: string }][] = [
  ['nothing', Buffer.alloc(0), { code: 'TFTP_TRUNCATED', offset: 0, where: 'opcode' }],
  ['one byte', hex('00'), { code: 'TFTP_TRUNCATED', offset: 1, where: 'opcode' }],
  ['opcode 0', hex('0000'), { code: 'TFTP_UNKNOWN_OPCODE', offset: 0, where: 'opcode 0' }],
  ['opcode 7', hex('0007'), { code: 'TFTP_UNKNOWN_OPCODE', offset: 0, where: 'opcode 7' }],
  ['an opcode in the other byte order', hex('0100'), { code: 'TFTP_UNKNOWN_OPCODE', offset: 0, where: 'opcode 256' }],
  ['a file name without end', ascii('\0\x01abc'), { code: 'TFTP_TRUNCATED', offset: 5, where: 'RRQ.file' }],
  ['no mode', ascii('\0\x01abc\0'), { code: 'TFTP_TRUNCATED', offset: 6, where: 'RRQ.mode' }],
  ['an unknown mode', ascii('\0\x01abc\0image\0'), { code: 'TFTP_BAD_MODE', offset: 6, where: 'RRQ.mode' }],
  ['an option without value', ascii('\0\x01a\0octet\0tsize\0'), { code: 'TFTP_TRUNCATED', offset: 16, where: 'RRQ.options.tsize' }],
  [
    'an option twice',
    ascii('\0\x01a\0octet\0x\x001\0X\x002\0'),
    { code: 'TFTP_DUPLICATE_OPTION', offset: 14, where: 'RRQ.options' },
  ],
  ['a name that is no UTF-8', ascii('\0\x01\xff\0octet\0'), { code: 'TFTP_BAD_TEXT', offset: 2, where: 'RRQ.file' }],
  ['an ACK of three bytes', hex('000400'), { code: 'TFTP_TRUNCATED', offset: 3, where: 'ACK.block' }],
  ['an ACK with more behind it', hex('0004000100'), { code: 'TFTP_TRAILING_BYTES', offset: 4, where: 'ACK' }],
  ['bytes behind an error', ascii('\0\x05\0\x01a\0b'), { code: 'TFTP_TRAILING_BYTES', offset: 6, where: 'ERROR' }],
  [
    'a request of 513 bytes',
    ascii(`\0\x01${'a'.repeat(504)}\0octet\0`),
    { code: 'TFTP_REQUEST_TOO_LONG', offset: 512, where: 'RRQ' },
  ],
]

for (const [what, bytes, refusal] of WRONG)
  t.test(`refuses ${what}, and says where`, async t => {
    t.throws(() => parsePacket(bytes), { name: 'PacketError', ...refusal })
  })

t.test('a request of 512 bytes is read', async t => {
  const bytes = ascii(`\0\x01${'a'.repeat(503)}\0octet\0`)
  t.equal(bytes.length, MAX_REQUEST_BYTES)
  t.match(parsePacket(bytes), { name: 'RRQ', file: 'a'.repeat(503) })
})

t.test('what cannot be written is refused with its place', async t => {
  const wrong: [Packet, string, string, number][] = [
    [{ name: 'ACK', block: 65_536 }, 'TFTP_BAD_VALUE', 'ACK.block', 2],
    [{ name: 'ACK', block: -1 }, 'TFTP_BAD_VALUE', 'ACK.block', 2],
    [{ name: 'RRQ', file: 'a\0b', mode: 'octet', options: {} }, 'TFTP_BAD_VALUE', 'RRQ.file', 2],
    [{ name: 'RRQ', file: '\ud800', mode: 'octet', options: {} }, 'TFTP_BAD_VALUE', 'RRQ.file', 2],
    [{ name: 'RRQ', file: 'a', mode: 'text' as never, options: {} }, 'TFTP_BAD_VALUE', 'RRQ.mode', 4],
    [{ name: 'OACK', options: { a: '1', A: '2' } }, 'TFTP_BAD_VALUE', 'OACK.options', 2],
    [{ name: 'RRQ', file: 'a'.repeat(504), mode: 'octet', options: {} }, 'TFTP_REQUEST_TOO_LONG', 'RRQ', 512],
  ]
  for (const [packet, code, where, offset] of wrong) t.throws(() => formatPacket(packet), { code, where, offset })
})

t.test('numbers as RFC 1350, 2347, 2348 and 2349 have them', async t => {
  t.strictSame(
    Object.entries(TFTP_PACKETS).map(([name, { opcode }]) => [opcode, name]),
    [
      [1, 'RRQ'],
      [2, 'WRQ'],
      [3, 'DATA'],
      [4, 'ACK'],
      [5, 'ERROR'],
      [6, 'OACK'],
    ],
  )
  t.strictSame(
    Object.values(TFTP_ERROR_CODES).map(({ number }) => number),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  )
  t.equal(DEFAULT_BLOCK_BYTES, 512)
  t.match(TRANSFER_OPTIONS, { blksize: { min: 8, max: 65_464 }, timeout: { min: 1, max: 255 } })
})

t.test('options that are unknown or impossible are as if they were not there', async t => {
  t.strictSame(readTransferOptions({ blksize: '1428', timeout: '3', tsize: '0', windowsize: '8' }), {
    blockBytes: 1428,
    timeoutSeconds: 3,
    sizeBytes: 0,
  })
  for (const blksize of ['7', '65465', '-1', '1e3', '0x200', '', ' 512', '99999999999999999999'])
    t.strictSame(readTransferOptions({ blksize, timeout: '256' }), {}, JSON.stringify(blksize))
  t.strictSame(writeTransferOptions({ blockBytes: 8, sizeBytes: 70_000 }), { blksize: '8', tsize: '70000' })
})

t.test('netascii: line ends travel as CR LF, a CR as CR NUL, and come back', async t => {
  t.strictSame(toNetascii(ascii('a\nb\rc\r\n')), ascii('a\r\nb\r\0c\r\0\r\n'))
  t.strictSame(fromNetascii(ascii('a\r\nb\r\0c\r')), ascii('a\nb\rc\r'))
})
