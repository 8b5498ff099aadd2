import {
  ELEMENTS,
  type ElementName,
  MESSAGE_NAMES,
  MESSAGES,
  type Message,
  type MessageLayout,
  type MessageName,
} from '@capfkit/codec/capf'
import fc, { type Arbitrary } from 'fast-check'
import {
  type CertificateValue,
  certificate,
  type HashedSignature,
  hashedSignature,
  type SudiValue,
  sudi,
} from '../src/capf/values.ts'
import { bytes, cstring, text, u8, u16 } from '../src/frame/values.ts'

/** Bytes as a Buffer, of any length up to `maxLength`. */
export const anyBytes = (maxLength: number): Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength, size: 'max' }).map(array => Buffer.from(array.buffer, array.byteOffset, array.length))

const number = (max: number) => fc.oneof(fc.constantFrom(0, 1, max - 1, max), fc.integer({ min: 0, max }))
// A byte order mark in front has its own branch: chance would not find it.
const anyText = fc
  .tuple(fc.constantFrom('', '', '', '\ufeff'), fc.string({ unit: 'binary', maxLength: 40 }))
  .map(([mark, words]) => mark + words)
const anyCertificate: Arbitrary<CertificateValue> = fc.record(
  { certificateType: number(0xff), certificateDer: anyBytes(300) },
  { noNullPrototype: true },
)
const anyHashed: Arbitrary<HashedSignature> = fc.record(
  { digestType: number(0xff), signature: anyBytes(300) },
  { noNullPrototype: true },
)
const anySudi: Arbitrary<SudiValue> = fc.record(
  { certificateDer: anyBytes(300), sha1Signature: anyBytes(64), sha512Signature: anyBytes(64) },
  { requiredKeys: ['certificateDer'], noNullPrototype: true },
)

/** How to make a value for each way in which values are laid out: a new element with a known layout needs nothing here. */
const BY_CODEC = new Map<unknown, Arbitrary<unknown>>([
  [u8, number(0xff)],
  [u16, number(0xffff)],
  [bytes, anyBytes(300)],
  [text, anyText],
  [cstring, anyText.map(words => words.replaceAll('\0', ''))],
  [certificate, anyCertificate],
  [hashedSignature, anyHashed],
  [sudi, anySudi],
])

/** Any value that this element can hold. */
export const anyValue = (element: ElementName): Arbitrary<unknown> => {
  const arbitrary = BY_CODEC.get(ELEMENTS[element].codec)
  if (!arbitrary) throw new Error(`${element} has a layout that arbitraries.ts cannot make: ${ELEMENTS[element].codec.layout}`)
  return arbitrary
}

/** The row of a message with its lists widened: the literal types of the table do not compare. */
export const layoutOf = (name: MessageName): MessageLayout => MESSAGES[name]

export const anySessionId = number(0xffff_ffff)

const valuesOf = (elements: readonly ElementName[]) =>
  Object.fromEntries(elements.map(element => [ELEMENTS[element].key, anyValue(element)]))

/** Any message of one name: its required elements and, unless told otherwise, some of the optional ones. */
export const anyMessageOf = (name: MessageName, elements: 'required' | 'some' | 'all' = 'some'): Arbitrary<Message> => {
  const { required, optional } = layoutOf(name)
  return fc
    .record({
      sessionId: anySessionId,
      must: fc.record(valuesOf(required)),
      may: fc.record(valuesOf(elements === 'required' ? [] : optional), elements === 'some' ? { requiredKeys: [] } : {}),
    })
    .map(({ sessionId, must, may }) => ({ name, sessionId, ...must, ...may }) as Message)
}

/** Any message, each name as likely as the next. */
export const anyMessage: Arbitrary<Message> = fc.oneof(...MESSAGE_NAMES.map(name => anyMessageOf(name)))

/** The same few messages at every run, for tests that are not about chance. */
export const sampleMessages = (name: MessageName, elements: 'required' | 'all'): Message[] =>
  fc.sample(anyMessageOf(name, elements), { seed: 1, numRuns: 4 })
