/** Frames put together by hand: tests that ask whether the writer is right must not use the writer. */
export type RawElement = readonly [tag: number, value: Uint8Array]

export const HEADER_BYTES = { CAPF: 8, TVS: 10 } as const

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff]

export const rawElement = ([tag, value]: RawElement): Buffer => Buffer.concat([Buffer.of(tag, ...u16(value.length)), value])

type RawFrame = {
  command: number
  sessionId?: number
  body?: Uint8Array
  elements?: readonly RawElement[]
  magic?: number
  length?: number
}

/** What stands before the session id. */
const START = {
  CAPF: ({ command, magic = 0x55 }: RawFrame) => Buffer.of(magic, command),
  TVS: ({ command, magic = 0x57 }: RawFrame) => Buffer.of(magic, 1, command, 0),
} as const

/** A frame around any body; the header is right unless told otherwise. */
export const frameOf =
  (protocol: keyof typeof START) =>
  (frame: RawFrame): Buffer => {
    const { sessionId = 7, elements = [] } = frame
    const body = frame.body ?? Buffer.concat(elements.map(rawElement))
    const rest = Buffer.alloc(6)
    rest.writeUInt32BE(sessionId, 0)
    rest.writeUInt16BE(frame.length ?? body.length, 4)
    return Buffer.concat([START[protocol](frame), rest, body])
  }

export const rawFrame = frameOf('CAPF')

/** The elements of a well-formed frame, read without our decoder. */
export const rawElements = (frame: Buffer, headerBytes: number = HEADER_BYTES.CAPF): RawElement[] => {
  const elements: RawElement[] = []
  for (let at = headerBytes; at < frame.length; ) {
    const next = at + 3 + frame.readUInt16BE(at + 1)
    elements.push([frame.readUInt8(at), frame.subarray(at + 3, next)])
    at = next
  }
  return elements
}
