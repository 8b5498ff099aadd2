import { decode, encode, HEADER_BYTES, MAGIC, MAX_FRAME_BYTES, MESSAGE_NAMES, type Message } from '@capfkit/codec/capf'
import t from 'tap'
import { layoutOf } from './arbitraries.ts'
import { rawFrame } from './frames.ts'
import { refusal } from './refuses.ts'

const END: Message = { name: 'END_SESSION', sessionId: 1, reason: 0 }

t.test('the header is eight bytes: magic, command, session id and length, big-endian', async t => {
  t.strictSame(encode({ name: 'END_SESSION', sessionId: 0x0102_0304, reason: 7 }), Buffer.from('550f01020304000401000107', 'hex'))
  t.equal(HEADER_BYTES, 8)
  t.equal(MAGIC, 0x55)
})

t.test('every other first byte is refused, also when nothing follows', async t => {
  for (let magic = 0; magic < 256; magic++) {
    if (magic === MAGIC) continue
    const refused = { code: 'CODEC_BAD_MAGIC', where: 'frame' }
    t.strictSame(
      refusal(() => decode(rawFrame({ magic, command: 17 }))),
      refused,
      `0x${magic.toString(16)}`,
    )
    t.strictSame(
      refusal(() => decode(Buffer.of(magic))),
      refused,
    )
  }
})

t.test('all 256 commands: the known ones are 1 to 23, the others are refused by number', async t => {
  const known = new Map(MESSAGE_NAMES.map(name => [layoutOf(name).command, name]))
  t.strictSame(
    [...known.keys()].sort((a, b) => a - b),
    [...Array(23).keys()].map(n => n + 1),
  )
  for (let command = 0; command < 256; command++) {
    const name = known.get(command)
    const frame = rawFrame({ command, sessionId: 3 })
    if (!name)
      t.strictSame(
        refusal(() => decode(frame)),
        { code: 'CODEC_UNKNOWN_COMMAND', where: `command ${command}` },
      )
    else if (layoutOf(name).required.length === 0) t.strictSame(decode(frame), { name, sessionId: 3 })
    else
      t.match(
        refusal(() => decode(frame)),
        { code: 'CODEC_MISSING_ELEMENT' },
        `${name} needs elements`,
      )
  }
})

t.test('the length covers exactly the elements', async t => {
  const body = Buffer.from('01000100', 'hex')
  t.strictSame(
    refusal(() => decode(rawFrame({ command: 15, body, length: 5 }))),
    { code: 'CODEC_TRUNCATED', where: 'END_SESSION' },
  )
  t.strictSame(
    refusal(() => decode(rawFrame({ command: 15, body, length: 3 }))),
    { code: 'CODEC_TRAILING_BYTES', where: 'END_SESSION' },
  )
  t.strictSame(
    refusal(() => decode(rawFrame({ command: 15, body, length: 0 }))),
    { code: 'CODEC_TRAILING_BYTES', where: 'END_SESSION' },
  )
})

t.test('an error says the code, the byte and the element, for a program and for a person', async t => {
  const frame = rawFrame({
    command: 2,
    elements: [
      [7, Buffer.of(3)],
      [13, Buffer.from('SEP0011')],
    ],
  })
  t.throws(() => decode(frame), {
    name: 'DecodeError',
    code: 'CODEC_BAD_TEXT',
    offset: 15,
    where: 'AUTH_RESPONSE.DEVICE_NAME',
    message: 'AUTH_RESPONSE.DEVICE_NAME: the text is not UTF-8 that ends in exactly one NUL (byte 15, CODEC_BAD_TEXT)',
  })
  t.throws(() => encode({ ...END, reason: 256 }), {
    name: 'EncodeError',
    code: 'CODEC_BAD_VALUE',
    where: 'END_SESSION.REASON',
    message: 'END_SESSION.REASON: the value does not fit the element (CODEC_BAD_VALUE)',
  })
})

t.test('a session id is any u32, and nothing else can be written', async t => {
  for (const sessionId of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])
    t.equal(decode(encode({ ...END, sessionId })).sessionId, sessionId)
  for (const sessionId of [-1, 2 ** 32, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.strictSame(
      refusal(() => encode({ ...END, sessionId })),
      { code: 'CODEC_BAD_VALUE', where: 'END_SESSION.sessionId' },
      String(sessionId),
    )
})

t.test('the longest frame that the length can express is written and read; one byte more is refused', async t => {
  const longest: Message = { name: 'KEY_GENERATE_RESPONSE', sessionId: 1, publicKeyDer: Buffer.alloc(0xffff - 3, 7) }
  const frame = encode(longest)
  t.equal(frame.length, MAX_FRAME_BYTES)
  t.strictSame(decode(frame), longest)
  for (const more of [1, 2, 3, 4, 100_000])
    t.strictSame(
      refusal(() => encode({ ...longest, publicKeyDer: Buffer.alloc(0xffff - 3 + more) })),
      { code: 'CODEC_FRAME_TOO_LONG', where: 'KEY_GENERATE_RESPONSE.PUBLIC_KEY' },
    )
  t.strictSame(
    refusal(() => encode({ ...longest, reasonInfo: 'x', publicKeyDer: Buffer.alloc(0xffff - 3) })),
    { code: 'CODEC_FRAME_TOO_LONG', where: 'KEY_GENERATE_RESPONSE.PUBLIC_KEY' },
    'the elements together count',
  )
})
