import { decode, encode, FrameReader, type FrameReaderOptions, MAX_FRAME_BYTES, type Message } from '@capfkit/codec/capf'
import t from 'tap'
import { rawFrame } from './frames.ts'
import { refusal } from './refuses.ts'

const END: Message = { name: 'END_SESSION', sessionId: 9, reason: 1 }
const IN_PROGRESS: Message = { name: 'REQUEST_IN_PROGRESS', sessionId: 9 }
const KEY: Message = { name: 'KEY_GENERATE_RESPONSE', sessionId: 9, publicKeyDer: Buffer.alloc(294, 0xa5) }
const header = (length: number, magic = 0x55) => rawFrame({ command: 4, length, magic })

const pushed = (chunks: readonly Buffer[], options?: FrameReaderOptions) => {
  const reader = new FrameReader(options)
  return refusal(() => chunks.flatMap(chunk => reader.push(chunk)))
}

t.test('[CAPF-1.4] every pair of cuts of three frames gives the same three messages', async t => {
  const stream = Buffer.concat([END, IN_PROGRESS, END].map(encode))
  for (let first = 0; first <= stream.length; first++)
    for (let second = first; second <= stream.length; second++) {
      const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      t.strictSame(pushed(chunks), { returned: [END, IN_PROGRESS, END] }, `cut at ${first} and ${second}`)
    }
})

t.test('a message is given as soon as its last byte is there, and not before', async t => {
  const reader = new FrameReader()
  const frame = encode(END)
  for (const byte of frame.subarray(0, -1)) t.strictSame(reader.push(Buffer.of(byte)), [])
  t.strictSame(reader.push(frame.subarray(-1)), [END])
})

t.test('a frame of no elements needs no byte after its header', async t => {
  const reader = new FrameReader()
  t.strictSame(reader.push(encode(IN_PROGRESS)), [IN_PROGRESS])
  t.strictSame(reader.push(Buffer.concat([IN_PROGRESS, IN_PROGRESS, IN_PROGRESS].map(encode))), [
    IN_PROGRESS,
    IN_PROGRESS,
    IN_PROGRESS,
  ])
  t.equal(reader.bufferedBytes, 0)
})

t.test('several frames in a chunk, the last one unfinished', async t => {
  const reader = new FrameReader()
  const [end, key] = [encode(END), encode(KEY)]
  t.strictSame(reader.push(Buffer.concat([end, key, end, key.subarray(0, 100)])), [END, KEY, END])
  t.equal(reader.bufferedBytes, 100)
  t.strictSame(reader.push(Buffer.concat([key.subarray(100), end])), [KEY, END])
  t.equal(reader.bufferedBytes, 0)
})

t.test('bufferedBytes counts the bytes of the unfinished frame', async t => {
  const reader = new FrameReader()
  t.equal(reader.bufferedBytes, 0)
  const frame = encode(END)
  for (let length = 1; length < frame.length; length++) {
    reader.push(frame.subarray(length - 1, length))
    t.equal(reader.bufferedBytes, length)
  }
  reader.push(frame.subarray(-1))
  t.equal(reader.bufferedBytes, 0)
})

t.test('an empty chunk is nothing, also in the middle of a frame', async t => {
  const frame = encode(END)
  const empty = Buffer.alloc(0)
  t.strictSame(pushed([empty, frame.subarray(0, 3), empty, frame.subarray(3), empty]), { returned: [END] })
})

t.test('a frame longer than maxFrameBytes is refused when its header is there, before any of its body', async t => {
  const tooLong = { code: 'CODEC_FRAME_TOO_LONG', where: 'frame' }
  t.strictSame(pushed([header(93)], { maxFrameBytes: 100 }), tooLong, 'header alone')
  t.strictSame(pushed([header(0xffff)], { maxFrameBytes: 16_384 }), tooLong)
  t.strictSame(pushed([header(93).subarray(0, 7)], { maxFrameBytes: 100 }), { returned: [] }, 'not before the length is whole')
  t.strictSame(
    pushed(
      [...header(93)].map(byte => Buffer.of(byte)),
      { maxFrameBytes: 100 },
    ),
    tooLong,
    'byte by byte',
  )
  t.strictSame(pushed([Buffer.concat([encode(END), header(93)])], { maxFrameBytes: 100 }), tooLong, 'as a second frame')
})

t.test('a frame of exactly maxFrameBytes is read', async t => {
  const frame = encode(KEY)
  t.strictSame(pushed([frame], { maxFrameBytes: frame.length }), { returned: [KEY] })
  t.match(pushed([frame], { maxFrameBytes: frame.length - 1 }), { code: 'CODEC_FRAME_TOO_LONG' })
})

t.test('without a limit the longest frame of the format is read, from one chunk and from many', async t => {
  const message: Message = { name: 'KEY_GENERATE_RESPONSE', sessionId: 9, publicKeyDer: Buffer.alloc(0xffff - 3, 0x5a) }
  const frame = encode(message)
  t.equal(frame.length, MAX_FRAME_BYTES)
  t.strictSame(pushed([frame]), { returned: [message] })
  t.strictSame(pushed([...frame].map(byte => Buffer.of(byte))), { returned: [message] }, '65543 chunks of a byte')
})

t.test('a wrong magic is refused at its first byte, wherever the frame starts', async t => {
  const badMagic = { code: 'CODEC_BAD_MAGIC', where: 'frame' }
  t.strictSame(pushed([Buffer.of(0x16)]), badMagic, 'a TLS record instead of a frame')
  t.strictSame(pushed([Buffer.from('GET / HTTP/1.1\r\n')]), badMagic, 'HTTP instead of a frame')
  t.strictSame(pushed([encode(END), Buffer.of(0)]), badMagic, 'first byte of the second chunk')
  t.strictSame(pushed([Buffer.concat([encode(END), Buffer.of(0)])]), badMagic, 'one byte after a frame in the same chunk')
  t.strictSame(pushed([header(10, 0x54)]), badMagic)
})

t.test('a bad frame is refused with the code that decode gives, and takes the messages before it in its chunk along', async t => {
  const bad = rawFrame({ command: 99 })
  const refused = refusal(() => decode(bad))
  t.strictSame(pushed([bad]), refused)
  t.strictSame(pushed([Buffer.concat([encode(END), bad, encode(END)])]), refused)
})

t.test('the reader passes strict on', async t => {
  const odd = rawFrame({
    command: 17,
    elements: [[13, Buffer.from('SEP\0')]],
  })
  t.match(pushed([odd]), { returned: [{ name: 'REQUEST_IN_PROGRESS' }] })
  t.match(pushed([odd], { strict: true }), { code: 'CODEC_UNKNOWN_ELEMENT' })
})

t.test('a frame inside one chunk is read in place: its bytes are not copied', async t => {
  const chunk = Buffer.concat([encode(END), encode(KEY), encode(KEY)])
  const messages = new FrameReader().push(chunk)
  for (const message of messages) if (message.name === 'KEY_GENERATE_RESPONSE') t.equal(message.publicKeyDer?.buffer, chunk.buffer)
  chunk.fill(0x11, chunk.length - 294)
  t.match(messages[2], { publicKeyDer: Buffer.alloc(294, 0x11) }, 'what is written to the chunk shows in the message')
  t.match(messages[1], { publicKeyDer: Buffer.alloc(294, 0xa5) })
})

t.test('a frame that spans chunks is copied once: the chunks may be used again', async t => {
  const frame = encode(KEY)
  const chunks = [frame.subarray(0, 50), frame.subarray(50)].map(part => Buffer.from(part))
  const reader = new FrameReader()
  const [message] = chunks.flatMap(chunk => reader.push(chunk))
  for (const chunk of chunks) chunk.fill(0)
  t.strictSame(message, KEY)
})
