import fc, { type Arbitrary } from 'fast-check'
import { anyBytes, anySessionId, arbitrariesOf } from './arbitraries.ts'
import type { RawElement } from './frames.ts'
import type { TestedProtocol } from './protocols.ts'

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

/** Put magic, version and length right again, so that the changes behind them are reached. */
const mendHeader = (bytes: Buffer, { frame, headerBytes, commandAt }: TestedProtocol): Buffer => {
  const copy = Buffer.from(bytes)
  if (copy.length < headerBytes) return copy
  const right = frame({ command: 0, length: copy.length - headerBytes })
  right.copy(copy, 0, 0, commandAt)
  right.copy(copy, headerBytes - 2, headerBytes - 2, headerBytes)
  return copy
}

/** Bytes that are nearly frames of a protocol. */
export const bytesOf = (protocol: TestedProtocol) => {
  const { elements, messages, frame, recorded } = protocol
  const { anyValue } = arbitrariesOf(protocol)
  const magic = frame({ command: 0 }).subarray(0, 1)
  const anyCommand = fc.constantFrom(...Object.values(messages).map(({ command }) => command))
  const anyTag = fc.oneof(fc.constantFrom(...Object.values(elements).map(({ tag }) => tag)), fc.integer({ min: 0, max: 0xff }))

  /** Nothing but bytes; a quarter of them starts with the magic. */
  const randomBytes: Arbitrary<Buffer> = fc
    .tuple(fc.constantFrom(Buffer.of(), Buffer.of(), Buffer.of(), magic), anyBytes(80))
    .map(parts => Buffer.concat(parts))

  /** A right header and a known command, and anything behind it. */
  const randomBody: Arbitrary<Buffer> = fc.record({ command: anyCommand, sessionId: anySessionId, body: anyBytes(80) }).map(frame)

  /** An element with the right outer length: any tag with any bytes, or a right value that may stand in the wrong message. */
  const anyElement: Arbitrary<RawElement> = fc.oneof(
    fc.tuple(anyTag, anyBytes(16)),
    fc
      .constantFrom(...Object.entries(elements))
      .chain(([name, { tag, codec }]) => anyValue(name).map((value): RawElement => [tag, codec.write(value, name)])),
  )

  /** A right header and such elements: gets past the outer checks. */
  const randomElements: Arbitrary<Buffer> = fc
    .record({ command: anyCommand, sessionId: anySessionId, elements: fc.array(anyElement, { maxLength: 8 }) })
    .map(frame)

  /** A recorded frame with one to four changes; half of them get a header that fits again. */
  const mutatedVector: Arbitrary<Buffer> = fc
    .record({
      bytes: fc.constantFrom(...recorded),
      mutations: fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
      mend: fc.boolean(),
    })
    .map(({ bytes, mutations, mend }) => {
      const mutated = mutations.reduce(mutate, bytes)
      return mend ? mendHeader(mutated, protocol) : mutated
    })

  return { randomBytes, randomBody, randomElements, mutatedVector }
}

/** Where a stream is cut; no cut, or a cut twice at one place, is possible. */
export const anyCuts: Arbitrary<number[]> = fc.array(anyShare, { maxLength: 8 })

/** The chunks of a stream that is cut at these shares of its length. */
export const cutAt = (stream: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = cuts.map(cut => Math.floor(cut * stream.length)).sort((a, b) => a - b)
  return [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.length))
}
