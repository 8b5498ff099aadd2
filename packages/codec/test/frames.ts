/** Frames put together by hand: tests that ask whether the writer is right must not use the writer. */
export type RawElement = readonly [tag: number, value: Uint8Array]

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff]

export const rawElement = ([tag, value]: RawElement): Buffer => Buffer.concat([Buffer.of(tag, ...u16(value.length)), value])

/** A frame around any body; the header is right unless told otherwise. */
export const rawFrame = (frame: {
  command: number
  sessionId?: number
  body?: Uint8Array
  elements?: readonly RawElement[]
  magic?: number
  length?: number
}): Buffer => {
  const { command, sessionId = 7, elements = [], magic = 0x55 } = frame
  const body = frame.body ?? Buffer.concat(elements.map(rawElement))
  const header = Buffer.alloc(8)
  header.writeUInt8(magic, 0)
  header.writeUInt8(command, 1)
  header.writeUInt32BE(sessionId, 2)
  header.writeUInt16BE(frame.length ?? body.length, 6)
  return Buffer.concat([header, body])
}

/** The elements of a well-formed frame, read without our decoder. */
export const rawElements = (frame: Buffer): RawElement[] => {
  const elements: RawElement[] = []
  for (let at = 8; at < frame.length; ) {
    const next = at + 3 + frame.readUInt16BE(at + 1)
    elements.push([frame.readUInt8(at), frame.subarray(at + 3, next)])
    at = next
  }
  return elements
}
