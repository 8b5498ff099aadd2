import { ELEMENT_NAMES, ELEMENTS, type ElementName, MESSAGE_NAMES } from '@capfkit/codec/capf'
import fc, { type Arbitrary } from 'fast-check'
import type { ValueCodec } from '../src/frame/values.ts'
import { anyBytes, anySessionId, anyValue, layoutOf } from './arbitraries.ts'
import { type RawElement, rawFrame } from './frames.ts'
import { recordedSessions } from './vectors.ts'

const anyCommand = fc.constantFrom(...MESSAGE_NAMES.map(name => layoutOf(name).command))
const anyTag = fc.oneof(fc.constantFrom(...ELEMENT_NAMES.map(name => ELEMENTS[name].tag)), fc.integer({ min: 0, max: 0xff }))

/** Nothing but bytes; a quarter of them starts with the magic. */
export const randomBytes: Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom('', '', '', '55'), anyBytes(80))
  .map(([magic, noise]) => Buffer.concat([Buffer.from(magic, 'hex'), noise]))

/** A right header and a known command, and anything behind it. */
export const randomBody: Arbitrary<Buffer> = fc
  .record({ command: anyCommand, sessionId: anySessionId, body: anyBytes(80) })
  .map(rawFrame)

const writeValue = (element: ElementName, value: unknown) => (ELEMENTS[element].codec as ValueCodec<unknown>).write(value, element)

/** An element with the right outer length: any tag with any bytes, or a right value that may stand in the wrong message. */
const anyElement: Arbitrary<RawElement> = fc.oneof(
  fc.tuple(anyTag, anyBytes(16)),
  fc
    .constantFrom(...ELEMENT_NAMES)
    .chain(name => anyValue(name).map((value): RawElement => [ELEMENTS[name].tag, writeValue(name, value)])),
)

/** A right header and such elements: gets past the outer checks. */
export const randomElements: Arbitrary<Buffer> = fc
  .record({ command: anyCommand, sessionId: anySessionId, elements: fc.array(anyElement, { maxLength: 8 }) })
  .map(rawFrame)

/** A place in something of any length, as a share of that length. Not `fc.double`: nearly all of its numbers are next to 0. */
export const anyShare = fc.nat({ max: 9_999 }).map(n => n / 10_000)

type Mutation = { kind: 'flip' | 'set' | 'cut' | 'insert' | 'repeat'; at: number; span: number; value: number; noise: Buffer }

const anyMutation: Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'repeat'),
  at: anyShare,
  span: fc.integer({ min: 1, max: 12 }),
  value: fc.integer({ min: 0, max: 0xff }),
  noise: anyBytes(6),
})

const mutate = (frame: Buffer, { kind, at, span, value, noise }: Mutation): Buffer => {
  // The power puts most changes near the start, where the structure is: most of a long frame is certificate.
  const index = Math.floor(at ** 2 * frame.length)
  const [before, after] = [frame.subarray(0, index), frame.subarray(index)]
  if (kind === 'cut') return Buffer.concat([before, after.subarray(span)])
  if (kind === 'insert') return Buffer.concat([before, noise, after])
  if (kind === 'repeat') return Buffer.concat([before, after.subarray(0, span), after])
  const copy = Buffer.from(frame)
  if (copy.length > 0) copy[index] = kind === 'set' ? value : copy[index]! ^ (1 << (value & 7))
  return copy
}

/** Put magic and length right again, so that the changes behind them are reached. */
const mendHeader = (frame: Buffer): Buffer => {
  const copy = Buffer.from(frame)
  if (copy.length < 8) return copy
  copy.writeUInt8(0x55, 0)
  copy.writeUInt16BE(copy.length - 8, 6)
  return copy
}

const recordedFrames = recordedSessions().flatMap(({ frames }) => frames.map(frame => frame.bytes))

/** A recorded frame with one to four changes; half of them get a header that fits again. */
export const mutatedVector: Arbitrary<Buffer> = fc
  .record({
    frame: fc.constantFrom(...recordedFrames),
    mutations: fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
    mend: fc.boolean(),
  })
  .map(({ frame, mutations, mend }) => {
    const mutated = mutations.reduce(mutate, frame)
    return mend ? mendHeader(mutated) : mutated
  })

/** Where a stream is cut; no cut, or a cut twice at one place, is possible. */
export const anyCuts: Arbitrary<number[]> = fc.array(anyShare, { maxLength: 8 })

/** The chunks of a stream that is cut at these shares of its length. */
export const cutAt = (stream: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = cuts.map(cut => Math.floor(cut * stream.length)).sort((a, b) => a - b)
  return [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.length))
}
