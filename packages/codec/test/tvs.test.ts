import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ROLES as LIST_ROLES } from '@capfkit/codec/tlv'
import {
  DecodeError,
  decode,
  ELEMENT_NAMES,
  ELEMENTS,
  encode,
  FrameReader,
  HEADER_BYTES,
  MAGIC,
  MAX_FRAME_BYTES,
  MESSAGE_NAMES,
  MESSAGES,
  type Message,
  ROLES,
  roleName,
  STATUS,
} from '@capfkit/codec/tvs'
import t from 'tap'
import { arbitrariesOf } from './arbitraries.ts'
import { frameOf, type RawElement, rawElements } from './frames.ts'
import { TVS } from './protocols.ts'
import { refusal } from './refuses.ts'
import { recordedSessions } from './vectors.ts'

const rawFrame = frameOf('TVS')
const sessions = recordedSessions('tvs')
const pem = (name: string) => new X509Certificate(readFileSync(new URL(`../../../test-vectors/pem/${name}.pem`, import.meta.url)))

/** What each recorded frame means, worked out here and not with the codec. */
const MEANINGS: Record<string, readonly Message[]> = {
  'verify-valid': [
    { name: 'VERIFY_REQUEST', sessionId: 1, deviceName: 'CP-0541-SEP00000000C001', certificateDer: pem('capf').raw },
    { name: 'VERIFY_RESPONSE', sessionId: 1, status: 0, roles: [4], ttlSeconds: 86_400 },
  ],
  'verify-unknown': [
    { name: 'VERIFY_REQUEST', sessionId: 1, deviceName: 'CP-0000-SEP000000000000', certificateDer: pem('mic-rsa').raw },
    { name: 'VERIFY_RESPONSE', sessionId: 1, status: 1 },
  ],
}

t.test('[TVS-2.1], [TVS-2.2] commands, elements and values have the known numbers', async t => {
  // Written here a second time on purpose: a slip in the table must not go unseen because everything walks it.
  t.strictSame(Object.fromEntries(MESSAGE_NAMES.map(name => [MESSAGES[name].command, name])), {
    1: 'VERIFY_REQUEST',
    2: 'VERIFY_RESPONSE',
    3: 'QUERY_REQUEST',
    4: 'QUERY_RESPONSE',
  })
  t.strictSame(Object.fromEntries(ELEMENT_NAMES.map(name => [ELEMENTS[name].tag, name])), {
    1: 'DEVICE_NAME',
    2: 'CERTIFICATE',
    3: 'SUBJECT',
    4: 'ISSUER',
    5: 'SERIAL',
    7: 'STATUS',
    8: 'ROLES',
    9: 'TTL',
  })
  t.strictSame(STATUS, { VALID: 0, INVALID: 1 })
  t.equal(ROLES, LIST_ROLES, 'roles are those of the trust lists')
  t.strictSame([0, 1, 2, 3, 4, 7, 21, 5].map(roleName), ['SAST', 'CCM', 'CCM+TFTP', 'TFTP', 'CAPF', 'APP-SERVER', 'TVS', undefined])
})

t.test('what nobody has seen on a wire says so', async t => {
  t.strictSame(
    ELEMENT_NAMES.filter(name => 'inferred' in ELEMENTS[name]),
    ['SUBJECT', 'ISSUER', 'SERIAL'],
  )
  t.strictSame(
    MESSAGE_NAMES.filter(name => 'payload' in MESSAGES[name]),
    ['QUERY_REQUEST', 'QUERY_RESPONSE'],
  )
})

t.test('the recordings are there', async t => t.strictSame(sessions.map(({ name }) => name).sort(), Object.keys(MEANINGS).sort()))

for (const { name, frames } of sessions)
  t.test(`${name} decodes, encodes to the same bytes, and survives every cut`, async t => {
    const messages = MEANINGS[name]!
    for (const [index, { bytes, command, commandNumber, bodyLength, elements }] of frames.entries()) {
      const message = messages[index]!
      t.equal(bytes.length, HEADER_BYTES + bodyLength)
      t.strictSame(
        rawElements(bytes, HEADER_BYTES),
        elements.map(({ tag, value }) => [tag, value]),
        'both files of the recording hold the same bytes',
      )
      t.equal(MESSAGES[command as keyof typeof MESSAGES].command, commandNumber)
      t.strictSame(decode(bytes, { strict: true }), message)
      t.strictSame(encode(message), bytes)
    }
    const stream = Buffer.concat(frames.map(({ bytes }) => bytes))
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new FrameReader()
      const read = [...reader.push(stream.subarray(0, cut)), ...reader.push(stream.subarray(cut))]
      if (read.length !== messages.length || reader.bufferedBytes > 0) t.fail(`cut at ${cut}`)
    }
    const reader = new FrameReader()
    t.strictSame(
      [...stream].flatMap(byte => reader.push(Buffer.of(byte))),
      messages,
      'one byte at a time',
    )
  })

t.test('every truncation of every recorded frame is refused as truncated', async t => {
  for (const { name, frames } of sessions)
    for (const { bytes } of frames) {
      const others: unknown[] = []
      for (let cut = 0; cut < bytes.length; cut++) {
        const refused = refusal(() => decode(bytes.subarray(0, cut))) as { code?: string }
        if (refused.code !== 'CODEC_TRUNCATED') others.push({ cut, refused })
      }
      t.strictSame(others, [], `${name}: ${bytes.length} truncations`)
    }
})

t.test('every single-bit flip of every recorded frame is refused, or changes what it says: nothing is read as before', async t => {
  /** A bit that nobody looks at: the reserved byte. */
  const isReserved = (bit: number) => bit >= 24 && bit < 32
  for (const { name, frames } of sessions)
    for (const { bytes, command } of frames) {
      let refused = 0
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        const outcome = refusal(() => decode(flipped)) as { returned?: Message; code?: string; where?: string }
        if (outcome.code !== undefined && outcome.where !== undefined) refused++
        else if (!outcome.returned) t.fail(`${name} ${command} bit ${bit}: ${outcome}`)
        else if (!isReserved(bit) && encode(outcome.returned).equals(bytes)) t.fail(`${name} ${command} bit ${bit}: read as before`)
      }
      // Magic, version, all but one or two bits of the command, and the length are always refused.
      t.ok(refused >= 8 + 8 + 5 + 16, `${name} ${command}: ${refused} of ${bytes.length * 8} refused`)
    }
})

t.test('[TVS-2] the header is ten bytes: magic, version, command, a byte, session id and length, big-endian', async t => {
  const message: Message = { name: 'VERIFY_RESPONSE', sessionId: 0x0102_0304, status: 1 }
  const frame = encode(message)
  t.strictSame(frame, Buffer.from('570102000102030400040700' + '0101', 'hex'))
  t.equal(HEADER_BYTES, 10)
  t.equal(MAGIC, 0x57)
  for (let byte = 0; byte < 256; byte++) {
    const garbage = Buffer.from(frame)
    garbage[3] = byte
    t.strictSame(decode(garbage), message, `the byte after the command may be ${byte}`)
  }
  for (let version = 0; version < 256; version++) {
    if (version === 1) continue
    const other = Buffer.from(frame)
    other[1] = version
    const refused = { code: 'CODEC_UNKNOWN_VERSION', where: `version ${version}` }
    t.strictSame(
      refusal(() => decode(other)),
      refused,
    )
  }
  t.throws(() => decode(Buffer.from('550f00000007000401000100', 'hex')), { code: 'CODEC_BAD_MAGIC', offset: 0 }, 'a CAPF frame')
})

t.test('all 256 commands: four are known, the others are refused by number', async t => {
  for (let command = 0; command < 256; command++) {
    const outcome = refusal(() => decode(rawFrame({ command }))) as { code?: string; returned?: Message }
    if (command === 3) t.strictSame(outcome, { returned: { name: 'QUERY_REQUEST', sessionId: 7 } })
    else if (command >= 1 && command <= 4) t.match(outcome, { code: 'CODEC_MISSING_ELEMENT' })
    else t.strictSame(outcome, { code: 'CODEC_UNKNOWN_COMMAND', where: `command ${command}` })
  }
})

t.test('[TVS-2.2] how values are laid out', async t => {
  const text = (words: string) => Buffer.from(words)
  const query = (...elements: RawElement[]) => refusal(() => decode(rawFrame({ command: 3, elements })))
  const answer = (...elements: RawElement[]) =>
    refusal(() => decode(rawFrame({ command: 2, elements: [[7, Buffer.of(0)], ...elements] })))
  const asked = { name: 'QUERY_REQUEST', sessionId: 7 }
  const answered = { name: 'VERIFY_RESPONSE', sessionId: 7, status: 0 }
  t.strictSame(query([1, text('\x01CP-8861-SEP001122334455')]), { returned: { ...asked, deviceName: 'CP-8861-SEP001122334455' } })
  t.strictSame(query([1, text('\x01')]), { returned: { ...asked, deviceName: '' } })
  t.strictSame(query([1, text('')]), { code: 'CODEC_TRUNCATED', where: 'QUERY_REQUEST.DEVICE_NAME' })
  t.strictSame(query([1, text('CP-8861')]), { code: 'CODEC_BAD_VALUE', where: 'QUERY_REQUEST.DEVICE_NAME' })
  t.strictSame(query([1, Buffer.of(1, 0xff)]), { code: 'CODEC_BAD_TEXT', where: 'QUERY_REQUEST.DEVICE_NAME' })
  t.strictSame(query([1, text('\x01CP-8861\0x')]), { code: 'CODEC_BAD_TEXT', where: 'QUERY_REQUEST.DEVICE_NAME' })
  t.strictSame(query([3, text('CN=a;O=b\0')], [4, text('CN=c\0')], [5, Buffer.of(0, 0x99)]), {
    returned: { ...asked, subject: 'CN=a;O=b', issuer: 'CN=c', serialNumber: Buffer.of(0, 0x99) },
  })
  for (const [tag, element] of [
    [3, 'SUBJECT'],
    [4, 'ISSUER'],
  ] as const)
    for (const words of ['', 'CN=a', 'CN=a\0\0', 'CN\0=a\0'])
      t.strictSame(query([tag, text(words)]), { code: 'CODEC_BAD_TEXT', where: `QUERY_REQUEST.${element}` })
  t.strictSame(answer([8, Buffer.of(0, 3)]), { returned: { ...answered, roles: [0, 3] } }, 'a role a byte')
  t.strictSame(answer([8, Buffer.of()]), { returned: { ...answered, roles: [] } })
  t.strictSame(answer([8, Buffer.of(99, 4)]), { returned: { ...answered, roles: [99, 4] } }, 'a role that nobody knows is kept')
  t.strictSame(answer([9, Buffer.from('ffffffff', 'hex')]), { returned: { ...answered, ttlSeconds: 0xffff_ffff } })
  for (const length of [0, 1, 2, 3, 5])
    t.strictSame(answer([9, Buffer.alloc(length)]), { code: 'CODEC_BAD_LENGTH', where: 'VERIFY_RESPONSE.TTL' })
  t.strictSame(
    [
      { ...answered, roles: [256] },
      { ...answered, roles: [-1] },
      { ...answered, roles: [1.5] },
      { ...answered, ttlSeconds: 2 ** 32 },
      { ...answered, ttlSeconds: -1 },
      { ...asked, deviceName: 'a\0b' },
      { ...asked, subject: 'a\0b' },
    ].map(message => (refusal(() => encode(message as Message)) as { code: string }).code),
    Array(7).fill('CODEC_BAD_VALUE'),
    'what does not fit cannot be written',
  )
})

t.test('elements: in any order, none twice, others ignored unless strict', async t => {
  const status: RawElement = [7, Buffer.of(0)]
  const ttl: RawElement = [9, Buffer.from('00015180', 'hex')]
  const read = (elements: readonly RawElement[], strict = false) =>
    refusal(() => decode(rawFrame({ command: 2, elements }), { strict }))
  const message = { name: 'VERIFY_RESPONSE', sessionId: 7, status: 0, ttlSeconds: 86_400 }
  t.strictSame(read([ttl, status]), { returned: message })
  t.match(read([status, ttl, status]), { code: 'CODEC_DUPLICATE_ELEMENT', where: 'VERIFY_RESPONSE.STATUS' })
  for (const [tag, where] of [
    [6, 'tag 6'],
    [200, 'tag 200'],
    [5, 'SERIAL'],
  ] as const) {
    const other: RawElement = [tag, Buffer.of(1, 2, 3)]
    t.strictSame(read([status, other, ttl]), { returned: message }, where)
    t.strictSame(read([status, other, ttl], true), { code: 'CODEC_UNKNOWN_ELEMENT', where: `VERIFY_RESPONSE.${where}` })
    t.strictSame(read([other, status, other]), { code: 'CODEC_DUPLICATE_ELEMENT', where: `VERIFY_RESPONSE.${where}` })
  }
})

t.test('every message with all its elements and with the required ones only', async t => {
  const { sampleMessages } = arbitrariesOf(TVS)
  for (const name of MESSAGE_NAMES)
    for (const wanted of ['required', 'all'] as const)
      for (const message of sampleMessages(name, wanted)) {
        const frame = encode(message as Message)
        t.strictSame(decode(frame, { strict: true }), message, `${name}, ${wanted}`)
        const tags = rawElements(frame, HEADER_BYTES).map(([tag]) => tag)
        t.strictSame(
          tags,
          [...tags].sort((a, b) => a - b),
          'tags ascending',
        )
      }
})

t.test('a reader refuses garbage at its first byte and a long frame at its header', async t => {
  const push = (bytes: Buffer, maxFrameBytes?: number) =>
    refusal(() => new FrameReader(maxFrameBytes === undefined ? {} : { maxFrameBytes }).push(bytes))
  t.strictSame(push(Buffer.from('G')), { code: 'CODEC_BAD_MAGIC', where: 'frame' })
  t.strictSame(push(Buffer.of(0x55)), { code: 'CODEC_BAD_MAGIC', where: 'frame' }, 'CAPF')
  t.strictSame(push(rawFrame({ command: 1, length: 91 }), 100), { code: 'CODEC_FRAME_TOO_LONG', where: 'frame' })
  t.strictSame(push(rawFrame({ command: 1, length: 90 }), 100), { returned: [] })
  const longest: Message = { name: 'VERIFY_REQUEST', sessionId: 1, certificateDer: Buffer.alloc(0xffff - 3, 7) }
  t.equal(encode(longest).length, MAX_FRAME_BYTES)
  t.strictSame(push(encode(longest)), { returned: [longest] })
  t.throws(() => encode({ ...longest, certificateDer: Buffer.alloc(0xffff - 2) }), { code: 'CODEC_FRAME_TOO_LONG' })
})

t.test('an error says the code, the byte and the element', async t => {
  const frame = rawFrame({ command: 2, elements: [[7, Buffer.of(0, 0)]] })
  t.throws(() => decode(frame), {
    name: 'DecodeError',
    constructor: DecodeError,
    code: 'CODEC_BAD_LENGTH',
    offset: 13,
    where: 'VERIFY_RESPONSE.STATUS',
  })
})
