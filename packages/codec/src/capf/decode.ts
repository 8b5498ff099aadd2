import { ELEMENT_NAMES, ELEMENTS, type ElementName } from './elements.ts'
import { DecodeError } from './errors.ts'
import { ELEMENT_HEADER_BYTES, HEADER_BYTES, MAGIC } from './frame.ts'
import { MESSAGE_NAMES, MESSAGES, type Message, type MessageLayout, type MessageName } from './messages.ts'
import type { ValueCodec } from './values.ts'

export type DecodeOptions = {
  /** Refuse elements that the message does not use, instead of ignoring them [CAPF-2]. Default false. */
  strict?: boolean
}

type Row = MessageLayout & { readonly name: MessageName; readonly uses: ReadonlySet<ElementName> }

const elementByTag = new Map<number, ElementName>(ELEMENT_NAMES.map(name => [ELEMENTS[name].tag, name]))
const messageByCommand = new Map<number, Row>(
  MESSAGE_NAMES.map(name => {
    const layout: MessageLayout = MESSAGES[name]
    return [layout.command, { ...layout, name, uses: new Set([...layout.required, ...layout.optional]) }]
  }),
)

/**
 * Read one whole frame [CAPF-2]. Byte strings in the result are views into `frame`, not copies.
 *
 * @param frame  exactly one frame, header included; a byte more or less is an error.
 * @throws {DecodeError} with the code, the offset in the frame, and the message and element.
 */
export const decode = (frame: Buffer, options: DecodeOptions = {}): Message => {
  if (frame.length > 0 && frame[0] !== MAGIC) throw new DecodeError('CODEC_BAD_MAGIC', { offset: 0, where: 'frame' })
  if (frame.length < HEADER_BYTES) throw new DecodeError('CODEC_TRUNCATED', { offset: frame.length, where: 'frame' })
  const row = messageByCommand.get(frame.readUInt8(1))
  if (!row) throw new DecodeError('CODEC_UNKNOWN_COMMAND', { offset: 1, where: `command ${frame[1]}` })
  const end = HEADER_BYTES + frame.readUInt16BE(6)
  if (end > frame.length) throw new DecodeError('CODEC_TRUNCATED', { offset: frame.length, where: row.name })
  if (end < frame.length) throw new DecodeError('CODEC_TRAILING_BYTES', { offset: end, where: row.name })

  const message: Record<string, unknown> = { name: row.name, sessionId: frame.readUInt32BE(2) }
  const seen = new Set<number>()
  for (let at = HEADER_BYTES; at < end; ) {
    if (end - at < ELEMENT_HEADER_BYTES) throw new DecodeError('CODEC_TRUNCATED', { offset: at, where: row.name })
    const tag = frame.readUInt8(at)
    const element = elementByTag.get(tag)
    const where = `${row.name}.${element ?? `tag ${tag}`}`
    const start = at + ELEMENT_HEADER_BYTES
    const next = start + frame.readUInt16BE(at + 1)
    if (next > end) throw new DecodeError('CODEC_TRUNCATED', { offset: at + 1, where })
    if (seen.has(tag)) throw new DecodeError('CODEC_DUPLICATE_ELEMENT', { offset: at, where })
    seen.add(tag)
    if (element && row.uses.has(element)) {
      const { key, codec } = ELEMENTS[element]
      message[key] = (codec as ValueCodec<unknown>).read({ frame, start, end: next, where })
    } else if (options.strict) {
      throw new DecodeError('CODEC_UNKNOWN_ELEMENT', { offset: at, where })
    }
    at = next
  }
  for (const element of row.required)
    if (!seen.has(ELEMENTS[element].tag))
      throw new DecodeError('CODEC_MISSING_ELEMENT', { offset: end, where: `${row.name}.${element}` })
  return message as Message
}
