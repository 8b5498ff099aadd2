import { decode, ELEMENT_NAMES, ELEMENTS, type ElementName, encode, MESSAGE_NAMES } from '@capfkit/codec/capf'
import t from 'tap'
import { layoutOf, sampleMessages } from './arbitraries.ts'
import { type RawElement, rawElements, rawFrame } from './frames.ts'
import { refusal } from './refuses.ts'

const nameOfTag = (tag: number) => ELEMENT_NAMES.find(name => ELEMENTS[name].tag === tag)
const tagOf = (name: ElementName) => ELEMENTS[name].tag
/** Tags that no element has; 15 is one that open implementations name and nobody explains. */
const UNKNOWN_TAGS = [0, 14, 15, 21, 255]

for (const name of MESSAGE_NAMES) {
  const { command, required, optional } = layoutOf(name)
  const uses: readonly ElementName[] = [...required, ...optional]
  const unused = ELEMENT_NAMES.filter(element => !uses.includes(element))
  const again = (sessionId: number, elements: readonly RawElement[]) => rawFrame({ command, sessionId, elements })

  for (const elements of ['required', 'all'] as const)
    t.test(`${name} with ${elements === 'all' ? 'all its elements' : 'the required elements only'}`, async t => {
      for (const message of sampleMessages(name, elements)) {
        const frame = encode(message)
        const parts = rawElements(frame)
        const { sessionId } = message
        t.strictSame(again(sessionId, parts), frame, 'is a right header and its elements')
        t.strictSame(
          parts.map(([tag]) => tag),
          (elements === 'all' ? uses : required).map(tagOf).sort((a, b) => a - b),
          'has each element once, tags ascending',
        )
        t.strictSame(decode(frame, { strict: true }), message, 'round-trips')
        t.strictSame(decode(again(sessionId, parts.toReversed())), message, 'reads the same backwards')

        for (let cut = 0; cut < frame.length; cut++)
          t.match(
            refusal(() => decode(frame.subarray(0, cut))),
            { code: 'CODEC_TRUNCATED' },
            `is refused when cut to ${cut} bytes`,
          )
        t.strictSame(
          refusal(() => decode(Buffer.concat([frame, Buffer.of(0)]))),
          { code: 'CODEC_TRAILING_BYTES', where: name },
          'is refused with one byte more',
        )
        for (const [index, part] of parts.entries()) {
          const where = `${name}.${nameOfTag(part[0])}`
          t.strictSame(
            refusal(() => decode(again(sessionId, [...parts, part]))),
            { code: 'CODEC_DUPLICATE_ELEMENT', where },
            `is refused with a second ${where}`,
          )
          const without = again(sessionId, parts.toSpliced(index, 1))
          if (required.includes(nameOfTag(part[0])!))
            t.strictSame(
              refusal(() => decode(without)),
              { code: 'CODEC_MISSING_ELEMENT', where },
              `is refused without ${where}`,
            )
          else t.notOk(ELEMENTS[nameOfTag(part[0])!].key in decode(without), `${where} may be left out, and is then not there`)
        }
      }
    })

  t.test(`${name} ignores elements that it does not use, and refuses them in strict mode`, async t => {
    const [message] = sampleMessages(name, 'required')
    const frame = encode(message!)
    for (const tag of [...unused.map(tagOf), ...UNKNOWN_TAGS])
      for (const position of ['before', 'after']) {
        const extra: RawElement = [tag, Buffer.from('anything')]
        const parts = rawElements(frame)
        const odd = again(message!.sessionId, position === 'before' ? [extra, ...parts] : [...parts, extra])
        const where = `${name}.${nameOfTag(tag) ?? `tag ${tag}`}`
        t.strictSame(decode(odd), message, `tag ${tag} ${position} the rest is ignored`)
        t.strictSame(
          refusal(() => decode(odd, { strict: true })),
          { code: 'CODEC_UNKNOWN_ELEMENT', where },
          'strict mode refuses it',
        )
        t.strictSame(
          refusal(() => decode(again(message!.sessionId, [extra, ...parts, extra]))),
          { code: 'CODEC_DUPLICATE_ELEMENT', where },
          'twice it is refused all the same',
        )
      }
  })

  t.test(`${name} cannot be written without what it requires`, async t => {
    for (const element of required) {
      const message = { ...sampleMessages(name, 'all')[0]!, [ELEMENTS[element].key]: undefined }
      t.strictSame(
        refusal(() => encode(message)),
        { code: 'CODEC_MISSING_ELEMENT', where: `${name}.${element}` },
      )
    }
  })

  t.test(`${name}: an element whose length runs past the frame is refused, not clipped`, async t => {
    for (const element of [...uses, 15] as const) {
      const tag = typeof element === 'number' ? element : tagOf(element)
      for (const length of [4, 500, 0xffff]) {
        const body = Buffer.concat([Buffer.of(tag, length >> 8, length & 0xff), Buffer.alloc(3, 1)])
        const where = `${name}.${typeof element === 'number' ? `tag ${element}` : element}`
        t.strictSame(
          refusal(() => decode(rawFrame({ command, body }))),
          { code: 'CODEC_TRUNCATED', where },
        )
      }
    }
    for (const body of [Buffer.of(15), Buffer.of(15, 0)])
      t.strictSame(
        refusal(() => decode(rawFrame({ command, body }))),
        { code: 'CODEC_TRUNCATED', where: name },
        'half an element header',
      )
  })
}
