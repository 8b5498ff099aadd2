import { DecodeError } from './errors.ts'
import { ELEMENT_HEADER_BYTES, type Layout, type Protocol } from './protocol.ts'
import type { Field } from './values.ts'

export type DecodeOptions = {
  /** Refuse elements that the message does not use, instead of ignoring them [CAPF-2]. Default false. */
  strict?: boolean
}

/** How an element of one message is read: worked out once, not for each frame. */
type Reader = { readonly key: string; readonly where: string; read(field: Field): unknown }

type Row = {
  readonly name: string
  /** By tag; nothing where the message does not use it. */
  readonly readers: readonly (Reader | undefined)[]
  readonly required: readonly Reader[]
}

const rowOf = ({ elements }: Protocol, { name, required, optional }: Layout & { name: string }): Row => {
  const readers: (Reader | undefined)[] = Array.from({ length: 256 })
  const add = (element: string): Reader => {
    const { tag, key, codec } = elements[element]!
    const reader = { key, where: `${name}.${element}`, read: codec.read }
    readers[tag] = reader
    return reader
  }
  for (const element of optional) add(element)
  return { name, readers, required: required.map(add) }
}

/**
 * The function that reads one whole frame of a protocol. Byte strings in what it gives are views into the frame, not copies.
 *
 * It throws {DecodeError} with the code, the offset in the frame, and the message and element.
 */
export const decoderOf = <M>(protocol: Protocol): ((frame: Buffer, options?: DecodeOptions) => M) => {
  const { magic, bytes: headerBytes, commandAt, sessionIdAt, lengthAt, version } = protocol.header
  const rows: (Row | undefined)[] = Array.from({ length: 256 })
  for (const [name, layout] of Object.entries(protocol.messages)) rows[layout.command] = rowOf(protocol, { name, ...layout })
  const elementByTag = new Map(Object.entries(protocol.elements).map(([name, { tag }]) => [tag, name]))

  const readHeader = (frame: Buffer): Row => {
    if (frame.length > 0 && frame[0] !== magic) throw new DecodeError('CODEC_BAD_MAGIC', { offset: 0, where: 'frame' })
    if (frame.length < headerBytes) throw new DecodeError('CODEC_TRUNCATED', { offset: frame.length, where: 'frame' })
    if (version && frame[version.at] !== version.number)
      throw new DecodeError('CODEC_UNKNOWN_VERSION', { offset: version.at, where: `version ${frame[version.at]}` })
    const row = rows[frame[commandAt]!]
    if (!row) throw new DecodeError('CODEC_UNKNOWN_COMMAND', { offset: commandAt, where: `command ${frame[commandAt]}` })
    const end = headerBytes + frame.readUInt16BE(lengthAt)
    if (end > frame.length) throw new DecodeError('CODEC_TRUNCATED', { offset: frame.length, where: row.name })
    if (end < frame.length) throw new DecodeError('CODEC_TRAILING_BYTES', { offset: end, where: row.name })
    return row
  }

  return (frame, options = {}) => {
    const row = readHeader(frame)
    const end = frame.length
    const message: Record<string, unknown> = { name: row.name, sessionId: frame.readUInt32BE(sessionIdAt) }
    /** Tags that the message does not use: seldom there. */
    let others: Set<number> | undefined
    for (let at = headerBytes; at < end; ) {
      if (end - at < ELEMENT_HEADER_BYTES) throw new DecodeError('CODEC_TRUNCATED', { offset: at, where: row.name })
      const tag = frame[at]!
      const reader = row.readers[tag]
      const where = reader?.where ?? `${row.name}.${elementByTag.get(tag) ?? `tag ${tag}`}`
      const start = at + ELEMENT_HEADER_BYTES
      const next = start + frame.readUInt16BE(at + 1)
      if (next > end) throw new DecodeError('CODEC_TRUNCATED', { offset: at + 1, where })
      if (reader ? message[reader.key] !== undefined : others?.has(tag))
        throw new DecodeError('CODEC_DUPLICATE_ELEMENT', { offset: at, where })
      if (reader) {
        message[reader.key] = reader.read({ frame, start, end: next, where })
      } else {
        if (options.strict) throw new DecodeError('CODEC_UNKNOWN_ELEMENT', { offset: at, where })
        others ??= new Set()
        others.add(tag)
      }
      at = next
    }
    for (const { key, where } of row.required)
      if (message[key] === undefined) throw new DecodeError('CODEC_MISSING_ELEMENT', { offset: end, where })
    return message as M
  }
}
