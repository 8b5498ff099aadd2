/** Frames put together by hand: what is malformed cannot be written by the codec. */
export type RawElement = readonly [tag: number, value: Uint8Array | string]

const u16 = (value: number) => [value >> 8, value & 0xff]

export const element = ([tag, value]: RawElement): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(tag, ...u16(bytes.length)), bytes])
}

export type RawFrame = {
  sessionId: number
  /** Default 2, AUTH_RESPONSE. */
  command?: number
  elements?: readonly RawElement[]
  /** Instead of elements. */
  body?: Uint8Array
  magic?: number
  /** What the header says of the body, where it lies. */
  length?: number
}

export const frame = ({ sessionId, command = 2, elements = [], body, magic = 0x55, length }: RawFrame): Buffer => {
  const bytes = body ?? Buffer.concat(elements.map(element))
  const id = Buffer.alloc(4)
  id.writeUInt32BE(sessionId)
  return Buffer.concat([Buffer.of(magic, command), id, Buffer.of(...u16(length ?? bytes.length)), bytes])
}

/** The two elements that an AUTH_RESPONSE cannot be without. */
export const authElements = (deviceName: string, version = 3): RawElement[] => [
  [7, Buffer.of(version)],
  [13, `${deviceName}\0`],
]
