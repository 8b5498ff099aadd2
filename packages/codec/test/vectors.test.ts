import { type DecodeError, decode, ELEMENTS, type ElementName, encode, FrameReader, type Message } from '@capfkit/codec/capf'
import fc from 'fast-check'
import t from 'tap'
import { layoutOf } from './arbitraries.ts'
import { anyCuts, cutAt } from './bytes.ts'
import { rawElements } from './frames.ts'
import { type RecordedElement, type RecordedFrame, recordedSessions } from './vectors.ts'

const u8 = (value: Buffer) => value.readUInt8(0)
const cstring = (value: Buffer) => value.toString('latin1', 0, value.length - 1)

/** What each element of the recordings means, worked out here from clause 2.2 and not with the codec. */
const MEANINGS: Record<string, (value: Buffer) => unknown> = {
  REASON: u8,
  CERTIFICATE_TYPE: u8,
  CERTIFICATE: value => ({ certificateType: value[4], certificateDer: value.subarray(5) }),
  SIGNED_DATA: value => value,
  VERSION: u8,
  AUTH_TYPE: u8,
  PUBLIC_KEY: value => value,
  KEY_SIZE: value => value[0]! * 256 + value[1]!,
  PASSWORD: cstring,
  DEVICE_NAME: cstring,
  SUDI_DATA: value => {
    const [certificateDer, sha1Signature, sha512Signature] = rawElements(Buffer.concat([Buffer.alloc(8), value])).map(
      ([, part]) => part,
    )
    return { certificateDer, sha1Signature, sha512Signature }
  },
  KEY_TYPE: u8,
  CURVE: u8,
  SHA2_SIGNED_DATA: value => ({ digestType: value[0], signature: value.subarray(3) }),
}

const expected = ({ command, sessionId, elements }: RecordedFrame) => ({
  name: command,
  sessionId,
  ...Object.fromEntries(elements.map(({ name, value }) => [ELEMENTS[name as ElementName].key, MEANINGS[name]!(value)])),
})

const isCanonical = (elements: readonly RecordedElement[]) => elements.every(({ tag }, i) => i === 0 || elements[i - 1]!.tag < tag)

const sessions = recordedSessions()

t.test('the recordings are there', async t => {
  t.equal(sessions.length, 18)
  t.equal(sessions.flatMap(({ frames }) => frames).length, 91)
})

for (const { name, frames } of sessions)
  t.test(name, async t => {
    for (const frame of frames) {
      const { bytes, command, commandNumber, elements, bodyLength } = frame
      const label = `${frame.direction} ${command}`
      t.equal(bytes.length, 8 + bodyLength, `${label}: the recording has the length it says`)
      t.strictSame(
        rawElements(bytes),
        elements.map(({ tag, value }) => [tag, value]),
        `${label}: both files of the recording hold the same bytes`,
      )
      t.ok(
        elements.every(({ value, length }) => value.length === length),
        `${label}: and the same lengths`,
      )
      for (const element of elements)
        t.equal(ELEMENTS[element.name as ElementName].tag, element.tag, `${label}: tag of ${element.name}`)

      const message = decode(bytes, { strict: true })
      t.strictSame(message, expected(frame), `${label} decodes, and uses every element that was sent`)
      t.equal(layoutOf(message.name).command, commandNumber)

      const again = encode(message)
      if (isCanonical(elements)) t.strictSame(again, bytes, `${label} encodes to the same bytes`)
      else t.strictSame(decode(again), message, `${label}, recorded in another order, encodes to the same message`)
    }
  })

t.test('every truncation of every recorded frame is refused as truncated', async t => {
  for (const { name, frames } of sessions)
    for (const { bytes, command } of frames) {
      const other: number[] = []
      for (let cut = 0; cut < bytes.length; cut++)
        try {
          decode(bytes.subarray(0, cut))
          other.push(cut)
        } catch (error) {
          if ((error as DecodeError).name !== 'DecodeError' || (error as DecodeError).code !== 'CODEC_TRUNCATED') other.push(cut)
        }
      t.strictSame(other, [], `${name} ${command}: ${bytes.length} truncations`)
    }
})

t.test('every recorded session survives any way of being cut into chunks', async t => {
  for (const { name, frames } of sessions) {
    const stream = Buffer.concat(frames.map(({ bytes }) => bytes))
    const messages = frames.map(expected) as unknown as Message[]
    const read = (chunks: readonly Buffer[]) => {
      const reader = new FrameReader()
      const read = chunks.flatMap(chunk => reader.push(chunk))
      return { read, left: reader.bufferedBytes }
    }
    const whole = { read: messages, left: 0 }

    t.strictSame(read([stream]), whole, `${name} in one chunk`)
    t.strictSame(read([...stream].map(byte => Buffer.of(byte))), whole, `${name} byte by byte`)
    t.strictSame(
      read(frames.flatMap(({ bytes }) => [bytes.subarray(0, 8), bytes.subarray(8)])),
      whole,
      `${name}, header apart from body`,
    )
    const same = fc.check(
      fc.property(anyCuts, cuts => {
        const { read: got, left } = read(cutAt(stream, cuts))
        return (
          left === 0 && got.length === messages.length && got.every((message, i) => encode(message).equals(encode(messages[i]!)))
        )
      }),
      { numRuns: 50 },
    )
    t.notOk(same.failed, `${name} in 50 random splits${same.failed ? fc.defaultReportMessage(same) : ''}`)
  }
})
