import { EncodeError } from './errors.ts'
import { ELEMENT_HEADER_BYTES, MAX_BODY_BYTES, type Protocol } from './protocol.ts'

type Writer = {
  readonly tag: number
  readonly key: string
  readonly where: string
  readonly required: boolean
  write(value: unknown, where: string): Buffer
}

/** The elements of each message in ascending order of their tags. */
const writersOf = ({ elements, messages }: Protocol): ReadonlyMap<string, readonly Writer[]> =>
  new Map(
    Object.entries(messages).map(([name, { required, optional }]) => {
      const writers = [...required, ...optional].map((element): Writer => {
        const { tag, key, codec } = elements[element]!
        return { tag, key, where: `${name}.${element}`, required: required.includes(element), write: codec.write }
      })
      return [name, writers.sort((a, b) => a.tag - b.tag)]
    }),
  )

/**
 * The function that writes one message of a protocol as one frame, elements in ascending order of their tags, so that it can
 * leave in one write [CAPF-1.3].
 *
 * It throws {EncodeError} for a missing element, a value that does not fit, or more than 65535 bytes of elements.
 */
export const encoderOf = <M extends { readonly name: string; readonly sessionId: number }>(
  protocol: Protocol,
): ((message: M) => Buffer) => {
  const { magic, bytes: headerBytes, commandAt, sessionIdAt, lengthAt, version } = protocol.header
  const writers = writersOf(protocol)

  const checkSessionId = ({ name, sessionId }: M) => {
    if (!Number.isInteger(sessionId) || sessionId < 0 || sessionId > 0xffff_ffff)
      throw new EncodeError('CODEC_BAD_VALUE', `${name}.sessionId`)
  }

  return message => {
    checkSessionId(message)
    const values = message as unknown as Record<string, unknown>
    const tags: number[] = []
    const parts: Buffer[] = []
    let length = 0
    for (const { tag, key, where, required, write } of writers.get(message.name)!) {
      const value = values[key]
      if (value === undefined) {
        if (required) throw new EncodeError('CODEC_MISSING_ELEMENT', where)
        continue
      }
      const bytes = write(value, where)
      length += ELEMENT_HEADER_BYTES + bytes.length
      if (length > MAX_BODY_BYTES) throw new EncodeError('CODEC_FRAME_TOO_LONG', where)
      tags.push(tag)
      parts.push(bytes)
    }
    const frame = Buffer.allocUnsafe(headerBytes + length)
    frame.fill(0, 0, headerBytes)
    frame[0] = magic
    if (version) frame[version.at] = version.number
    frame[commandAt] = protocol.messages[message.name]!.command
    frame.writeUInt32BE(message.sessionId, sessionIdAt)
    frame.writeUInt16BE(length, lengthAt)
    let at = headerBytes
    for (const [index, bytes] of parts.entries()) {
      frame[at] = tags[index]!
      frame.writeUInt16BE(bytes.length, at + 1)
      frame.set(bytes, at + ELEMENT_HEADER_BYTES)
      at += ELEMENT_HEADER_BYTES + bytes.length
    }
    return frame
  }
}
