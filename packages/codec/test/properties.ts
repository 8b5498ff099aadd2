import assert from 'node:assert/strict'
import { DECODE_ERRORS, DecodeError } from '@capfkit/codec/capf'
import { formatTraceLine, parseTraceLine } from '@capfkit/codec/trace'
import fc, { type Arbitrary, type IProperty } from 'fast-check'
import { arbitrariesOf } from './arbitraries.ts'
import { anyCuts, anyShare, bytesOf, cutAt } from './bytes.ts'
import { FILE_PROPERTIES } from './file-properties.ts'
import { rawElements } from './frames.ts'
import { type AnyMessage, CAPF, type TestedProtocol, TVS } from './protocols.ts'

/** What must hold for every input: the tests run each claim a few thousand times, `pnpm fuzz` a hundred thousand times. */
export type Property = { claim: string; property: IProperty<unknown> }

/** The message or the refusal; any other error goes through and fails the property. */
const readOrRefuse = (read: () => AnyMessage): AnyMessage | DecodeError => {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}

const messageOrDecodeError = ({ decode, encode }: TestedProtocol, frame: Buffer) => {
  const outcome = readOrRefuse(() => decode(frame))
  const strict = readOrRefuse(() => decode(frame, { strict: true }))
  if (outcome instanceof DecodeError) {
    assert.ok(outcome.code in DECODE_ERRORS)
    assert.ok(outcome.offset >= 0 && outcome.offset <= frame.length, `offset ${outcome.offset} of ${frame.length} bytes`)
    assert.ok(strict instanceof DecodeError, 'strict never accepts more')
    return
  }
  if (!(strict instanceof DecodeError)) assert.deepEqual(strict, outcome, 'strict reads the same')
  assert.deepEqual(decode(encode(outcome)), outcome, 'what can be read can be written and reads the same again')
}

/** Messages until the stream ends or breaks, and the code with which it breaks. */
const readAll = (reader: ReturnType<TestedProtocol['reader']>, chunks: readonly Buffer[]) => {
  const messages: AnyMessage[] = []
  try {
    for (const chunk of chunks) messages.push(...reader.push(chunk))
  } catch (error) {
    if (error instanceof DecodeError) return { messages, code: error.code, where: error.where, left: 0 }
    throw error
  }
  return { messages, code: undefined, where: undefined, left: reader.bufferedBytes }
}

/** What holds for every protocol of the frame engine. */
const frameProperties = (protocol: TestedProtocol): readonly Property[] => {
  const { name, decode, encode, frame: rawFrame, headerBytes, commandAt, reader } = protocol
  const { anyMessage } = arbitrariesOf(protocol)
  const { randomBytes, randomBody, randomElements, mutatedVector } = bytesOf(protocol)
  const alwaysReadsOrRefuses = (claim: string, frames: Arbitrary<Buffer>): Property => ({
    claim: `${name}: ${claim} give a message or a DecodeError and nothing else`,
    property: fc.property(frames, frame => messageOrDecodeError(protocol, frame)),
  })
  return [
    alwaysReadsOrRefuses('random bytes', randomBytes),
    alwaysReadsOrRefuses('random bytes behind a right header', randomBody),
    alwaysReadsOrRefuses('random elements behind a right header', randomElements),
    alwaysReadsOrRefuses('recorded frames with changes', mutatedVector),
    {
      claim: `${name}: any message round-trips, and there is one way to write it`,
      property: fc.property(anyMessage, message => {
        const frame = encode(message)
        assert.deepEqual(decode(frame, { strict: true }), message)
        assert.deepEqual(encode(decode(frame)), frame)
      }),
    },
    {
      claim: `${name}: elements may stand in any order`,
      property: fc.property(anyMessage, fc.infiniteStream(fc.nat()), (message, dice) => {
        const frame = encode(message)
        const elements = rawElements(frame, headerBytes)
          .map(element => ({ element, key: dice.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ element }) => element)
        const { sessionId } = message
        assert.deepEqual(decode(rawFrame({ command: frame.readUInt8(commandAt), sessionId, elements })), message)
      }),
    },
    {
      claim: `${name}: any message cut short is refused as truncated`,
      property: fc.property(anyMessage, anyShare, (message, share) => {
        const frame = encode(message)
        const outcome = readOrRefuse(() => decode(frame.subarray(0, Math.floor(share * frame.length))))
        assert.equal(outcome instanceof DecodeError ? outcome.code : 'read', 'CODEC_TRUNCATED')
      }),
    },
    {
      claim: `${name}: a stream of messages gives the same messages wherever it is cut`,
      property: fc.property(fc.array(anyMessage, { maxLength: 4 }), anyCuts, (messages, cuts) => {
        const stream = Buffer.concat(messages.map(encode))
        assert.deepEqual(readAll(reader(), cutAt(stream, cuts)), { messages, code: undefined, where: undefined, left: 0 })
      }),
    },
    {
      claim: `${name}: a broken stream breaks for the same reason wherever it is cut`,
      property: fc.property(
        fc.array(fc.oneof(anyMessage.map(encode), mutatedVector, randomElements), { minLength: 1, maxLength: 4 }),
        anyCuts,
        (frames, cuts) => {
          const stream = Buffer.concat(frames)
          const whole = readAll(reader({ maxFrameBytes: 4096 }), [stream])
          const cut = readAll(reader({ maxFrameBytes: 4096 }), cutAt(stream, cuts))
          assert.deepEqual([cut.code, cut.where, cut.left], [whole.code, whole.where, whole.left])
        },
      ),
    },
  ]
}

export const PROPERTIES: readonly Property[] = [
  ...frameProperties(CAPF),
  ...frameProperties(TVS),
  ...FILE_PROPERTIES,
  {
    claim: 'any text becomes one trace line, which reads back',
    property: fc.property(
      fc.record({
        timeOfDayMs: fc.integer({ min: 0, max: 86_399_999 }),
        kind: fc.constantFrom('enter', 'leave', 'body'),
        text: fc.string({ unit: 'binary', maxLength: 60 }),
      }),
      line => {
        const written = formatTraceLine(line)
        assert.doesNotMatch(written, /[\p{Cc}\u2028\u2029]/u)
        const read = parseTraceLine(written)
        assert.ok(read)
        assert.deepEqual([read.timeOfDayMs, read.kind], [line.timeOfDayMs, line.kind])
        assert.equal(formatTraceLine(read).replace(/\s+/g, ''), written.replace(/\s+/g, ''))
      },
    ),
  },
]

/** Run one property; the report has the counterexample, shrunk, and the seed that finds it again. */
export const runProperty = ({ property }: Property, { runs, seed }: { runs: number; seed?: number }) => {
  const details = fc.check(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) })
  return { failed: details.failed, runs: details.numRuns, report: fc.defaultReportMessage(details) ?? '' }
}
