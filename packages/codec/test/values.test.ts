import { decode, ELEMENT_NAMES, ELEMENTS, type ElementName, encode, MESSAGE_NAMES, type Message } from '@capfkit/codec/capf'
import t from 'tap'
import * as values from '../src/frame/values.ts'
import { layoutOf, sampleMessages } from './arbitraries.ts'
import { type RawElement, rawElements, rawFrame } from './frames.ts'
import { refusal } from './refuses.ts'

/** Each place in which an element of one layout can stand. */
const uses = (codec: unknown) =>
  MESSAGE_NAMES.flatMap(name =>
    ELEMENT_NAMES.filter(
      element => ELEMENTS[element].codec === codec && [...layoutOf(name).required, ...layoutOf(name).optional].includes(element),
    ).map(element => ({ name, element, where: `${name}.${element}`, key: ELEMENTS[element].key })),
  )

type Use = ReturnType<typeof uses>[number]

/** A right message of that name in which one element has this value: as bytes, and as a value. */
const withBytes = ({ name, element }: Use, value: Uint8Array) => {
  const parts = rawElements(encode(sampleMessages(name, 'all')[0]!))
  const { tag } = ELEMENTS[element as ElementName]
  return rawFrame({ command: layoutOf(name).command, elements: parts.map(([t, old]): RawElement => [t, t === tag ? value : old]) })
}
const withValue = ({ name, key }: Use, value: unknown) => ({ ...sampleMessages(name, 'all')[0]!, [key]: value }) as Message
const valueAt = ({ key }: Use, message: Message) => (message as unknown as Record<string, unknown>)[key]

for (const [codec, bits] of [
  [values.u8, 8],
  [values.u16, 16],
] as const)
  t.test(`a u${bits} is ${bits / 8} bytes long and holds 0 to ${2 ** bits - 1}`, async t => {
    for (const use of uses(codec)) {
      const { where } = use
      for (const value of [0, 1, 127, 128, 2 ** bits - 1])
        t.equal(valueAt(use, decode(encode(withValue(use, value)))), value, `${where} ${value}`)
      for (const length of [0, 1, 2, 3].filter(length => length !== bits / 8))
        t.strictSame(
          refusal(() => decode(withBytes(use, Buffer.alloc(length)))),
          { code: 'CODEC_BAD_LENGTH', where },
          `${length} bytes`,
        )
      for (const value of [-1, 2 ** bits, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null])
        t.strictSame(
          refusal(() => encode(withValue(use, value))),
          { code: 'CODEC_BAD_VALUE', where },
          `${value} cannot be written`,
        )
    }
  })

const NOT_UTF8 = ['ff', 'c0af', 'e282', 'eda080', 'f4908080', '5345c3']

t.test('text with NUL: no NUL, two NULs, a NUL inside and bytes that are not UTF-8 are refused', async t => {
  for (const use of uses(values.cstring)) {
    const { where } = use
    const bad = ['', 'SEP001122334455', 'SEP\0\0', '\0\0', 'SE\0P\0', '\0SEP'].map(text => Buffer.from(text))
    for (const bytes of [...bad, ...NOT_UTF8.map(hex => Buffer.from(`${hex}00`, 'hex'))])
      t.strictSame(
        refusal(() => decode(withBytes(use, bytes))),
        { code: 'CODEC_BAD_TEXT', where },
        `${where} ${bytes.toString('hex')}`,
      )
    for (const text of ['', 'SEP001122334455', 'żółw', '📞', '\ufeffSEP', 'line\nbreak', 'x'.repeat(2000)])
      t.equal(valueAt(use, decode(encode(withValue(use, text)))), text, `${where} ${JSON.stringify(text.slice(0, 20))}`)
    for (const text of ['a\0b', '\0', '\ud83d', '\udcdeSEP'])
      t.strictSame(
        refusal(() => encode(withValue(use, text))),
        { code: 'CODEC_BAD_VALUE', where },
        `${JSON.stringify(text)} cannot be written`,
      )
  }
})

t.test('the NUL that ends one element is not found in the next one', async t => {
  const elements: RawElement[] = [
    [13, Buffer.from('SEP001122334455')],
    [7, Buffer.of(3)],
    [11, Buffer.of(0)],
  ]
  t.strictSame(
    refusal(() => decode(rawFrame({ command: 2, elements }))),
    { code: 'CODEC_BAD_TEXT', where: 'AUTH_RESPONSE.DEVICE_NAME' },
  )
})

t.test('a name with a byte order mark is not the name without it', async t => {
  const [use] = uses(values.cstring)
  t.equal(valueAt(use!, decode(withBytes(use!, Buffer.from('efbbbf53455000', 'hex')))), '\ufeffSEP')
})

t.test('text to the end of the element: any length, NULs too, but UTF-8', async t => {
  for (const use of uses(values.text)) {
    for (const text of ['', 'busy', 'żółw', '\ufeff', 'a\0b'])
      t.equal(valueAt(use, decode(encode(withValue(use, text)))), text, JSON.stringify(text))
    for (const hex of NOT_UTF8)
      t.strictSame(
        refusal(() => decode(withBytes(use, Buffer.from(hex, 'hex')))),
        { code: 'CODEC_BAD_TEXT', where: use.where },
        hex,
      )
    t.strictSame(
      refusal(() => encode(withValue(use, '\ud83d'))),
      { code: 'CODEC_BAD_VALUE', where: use.where },
      'half a surrogate pair',
    )
  }
})

t.test('bytes are kept as they are, none included', async t => {
  for (const use of uses(values.bytes))
    for (const bytes of [Buffer.alloc(0), Buffer.of(0), Buffer.alloc(5000, 0xa5)])
      t.strictSame(valueAt(use, decode(encode(withValue(use, bytes)))), bytes, `${use.where} of ${bytes.length} bytes`)
})
