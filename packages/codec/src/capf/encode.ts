import { ELEMENTS, type ElementName } from './elements.ts'
import { EncodeError } from './errors.ts'
import { HEADER_BYTES, MAGIC } from './frame.ts'
import { MESSAGE_NAMES, MESSAGES, type Message, type MessageLayout, type MessageName } from './messages.ts'
import type { ValueCodec } from './values.ts'

const byTag = (a: ElementName, b: ElementName) => ELEMENTS[a].tag - ELEMENTS[b].tag
const writeOrder = new Map<MessageName, readonly { element: ElementName; required: boolean }[]>(
  MESSAGE_NAMES.map(name => {
    const layout: MessageLayout = MESSAGES[name]
    const elements = [...layout.required, ...layout.optional].sort(byTag)
    return [name, elements.map(element => ({ element, required: layout.required.includes(element) }))]
  }),
)

/**
 * Write one message as one frame, elements in ascending order of their tags, so that it can leave in one write [CAPF-1.3].
 *
 * @throws {EncodeError} for a missing element, a value that does not fit, or more than 65535 bytes of elements.
 */
export const encode = (message: Message): Buffer => {
  const { sessionId } = message
  if (!Number.isInteger(sessionId) || sessionId < 0 || sessionId > 0xffff_ffff)
    throw new EncodeError('CODEC_BAD_VALUE', `${message.name}.sessionId`)
  const values = message as unknown as Record<string, unknown>
  const parts: Buffer[] = [Buffer.allocUnsafe(HEADER_BYTES)]
  let length = 0
  for (const { element, required } of writeOrder.get(message.name)!) {
    const { tag, key, codec } = ELEMENTS[element]
    const value = values[key]
    const where = `${message.name}.${element}`
    if (value === undefined) {
      if (required) throw new EncodeError('CODEC_MISSING_ELEMENT', where)
      continue
    }
    const bytes = (codec as ValueCodec<unknown>).write(value, where)
    length += 3 + bytes.length
    if (length > 0xffff) throw new EncodeError('CODEC_FRAME_TOO_LONG', where)
    parts.push(Buffer.of(tag, bytes.length >> 8, bytes.length & 0xff), bytes)
  }
  const header = parts[0]!
  header.writeUInt8(MAGIC, 0)
  header.writeUInt8(MESSAGES[message.name].command, 1)
  header.writeUInt32BE(sessionId, 2)
  header.writeUInt16BE(length, 6)
  return Buffer.concat(parts, HEADER_BYTES + length)
}
