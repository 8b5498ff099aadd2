import { ELEMENT_HEADER_BYTES, HEADER, HEADER_BYTES } from '@capfkit/codec/capf'

/** No element has this tag. */
const UNKNOWN_TAG = 200
const MOST_LENGTH = 0xffff

const withLength = (frame: Buffer, length: number): Buffer => {
  const copy = Buffer.from(frame)
  copy.writeUInt16BE(Math.min(MOST_LENGTH, Math.max(0, length)), HEADER.lengthAt)
  return copy
}

const lengthOf = (frame: Buffer): number => frame.readUInt16BE(HEADER.lengthAt)

/** One more element at the end, which nobody knows. */
export const withUnknownElement = (frame: Buffer, valueBytes: number): Buffer => {
  const element = Buffer.alloc(ELEMENT_HEADER_BYTES + valueBytes, 'x')
  element[0] = UNKNOWN_TAG
  element.writeUInt16BE(valueBytes, 1)
  return withLength(Buffer.concat([frame, element]), lengthOf(frame) + element.length)
}

/** So many bytes of elements, most of them in an element that nobody knows; all is as it should be but for the size. */
export const oversize = (frame: Buffer, bytes: number): Buffer =>
  withUnknownElement(frame, Math.max(0, bytes - lengthOf(frame) - ELEMENT_HEADER_BYTES))

/** The last bytes are missing, and the frame says so: its last element runs past its end. */
export const truncated = (frame: Buffer, bytes: number): Buffer => {
  const cut = frame.subarray(0, Math.max(HEADER_BYTES + 1, frame.length - bytes))
  return withLength(cut, cut.length - HEADER_BYTES)
}

/** The frame says that it has so many bytes more, or less, than it has. */
export const lyingLength = (frame: Buffer, bytes: number): Buffer => withLength(frame, lengthOf(frame) + bytes)

export const withSessionId = (frame: Buffer, sessionId: number): Buffer => {
  const copy = Buffer.from(frame)
  copy.writeUInt32BE(sessionId, HEADER.sessionIdAt)
  return copy
}

export const sessionIdOf = (frame: Buffer): number => frame.readUInt32BE(HEADER.sessionIdAt)

/** Bytes that begin as no frame does. */
export const garbage = (bytes: number, random: () => number): Buffer => {
  const noise = Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
  noise[0] = HEADER.magic ^ 0xff
  return noise
}
