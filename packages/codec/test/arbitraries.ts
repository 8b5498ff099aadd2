import type { ElementName, Message, MessageLayout, MessageName } from '@capfkit/codec/capf'
import fc, { type Arbitrary } from 'fast-check'
import {
  type CertificateValue,
  certificate,
  type HashedSignature,
  hashedSignature,
  type SudiValue,
  sudi,
} from '../src/capf/values.ts'
import { bytes, cstring, text, u8, u8List, u16, u32 } from '../src/frame/values.ts'
import { markedText } from '../src/tvs/values.ts'
import { type AnyMessage, CAPF, type TestedProtocol } from './protocols.ts'

/** Bytes as a Buffer, of any length up to `maxLength`. */
export const anyBytes = (maxLength: number): Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength, size: 'max' }).map(array => Buffer.from(array.buffer, array.byteOffset, array.length))

const number = (max: number) => fc.oneof(fc.constantFrom(0, 1, max - 1, max), fc.integer({ min: 0, max }))
// A byte order mark in front has its own branch: chance would not find it.
const anyText = fc
  .tuple(fc.constantFrom('', '', '', '\ufeff'), fc.string({ unit: 'binary', maxLength: 40 }))
  .map(([mark, words]) => mark + words)
const textWithoutNul = anyText.map(words => words.replaceAll('\0', ''))
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
  [u32, number(0xffff_ffff)],
  [u8List, fc.array(number(0xff), { maxLength: 8 })],
  [bytes, anyBytes(300)],
  [text, anyText],
  [cstring, textWithoutNul],
  [markedText, textWithoutNul],
  [certificate, anyCertificate],
  [hashedSignature, anyHashed],
  [sudi, anySudi],
])

export const anySessionId = number(0xffff_ffff)

/** Which elements a made message has. */
type Wanted = 'required' | 'some' | 'all'

/** Values and messages of a protocol. */
export const arbitrariesOf = ({ elements, messages }: TestedProtocol) => {
  /** Any value that this element can hold. */
  const anyValue = (element: string): Arbitrary<unknown> => {
    const { codec } = elements[element]!
    const arbitrary = BY_CODEC.get(codec)
    if (!arbitrary) throw new Error(`${element} has a layout that arbitraries.ts cannot make: ${codec.layout}`)
    return arbitrary
  }
  const valuesOf = (names: readonly string[]) => Object.fromEntries(names.map(name => [elements[name]!.key, anyValue(name)]))

  /** Any message of one name: its required elements and, unless told otherwise, some of the optional ones. */
  const anyMessageOf = (name: string, wanted: Wanted = 'some'): Arbitrary<AnyMessage> => {
    const { required, optional } = messages[name]!
    return fc
      .record({
        sessionId: anySessionId,
        must: fc.record(valuesOf(required)),
        may: fc.record(valuesOf(wanted === 'required' ? [] : optional), wanted === 'some' ? { requiredKeys: [] } : {}),
      })
      .map(({ sessionId, must, may }) => ({ name, sessionId, ...must, ...may }))
  }

  /** Any message, each name as likely as the next. */
  const anyMessage = fc.oneof(...Object.keys(messages).map(name => anyMessageOf(name)))

  /** The same few messages at every run, for tests that are not about chance. */
  const sampleMessages = (name: string, wanted: 'required' | 'all'): AnyMessage[] =>
    fc.sample(anyMessageOf(name, wanted), { seed: 1, numRuns: 4 })

  return { anyValue, anyMessage, sampleMessages }
}

const ofCapf = arbitrariesOf(CAPF)

export const anyValue: (element: ElementName) => Arbitrary<unknown> = ofCapf.anyValue

/** The row of a CAPF message with its lists widened: the literal types of the table do not compare. */
export const layoutOf = (name: MessageName): MessageLayout => CAPF.messages[name] as MessageLayout

export const sampleMessages = (name: MessageName, wanted: 'required' | 'all'): Message[] =>
  ofCapf.sampleMessages(name, wanted) as Message[]
