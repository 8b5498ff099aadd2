import { decoderOf } from '../frame/decode.ts'
import { encoderOf } from '../frame/encode.ts'
import { type FrameReaderOptions, StreamReader } from '../frame/frame-reader.ts'
import { type HeaderLayout, MAX_BODY_BYTES, type Protocol } from '../frame/protocol.ts'
import { ELEMENTS } from './elements.ts'
import { MESSAGES, type Message } from './messages.ts'

/**
 * The frame around every message: `u8 0x57 | u8 version 1 | u8 command | u8 0 | u32 session id | u16 length | elements`,
 * big-endian [TVS-2]. The byte after the command is usually 0 and was once seen with another value: nobody looks at it.
 */
export const HEADER: HeaderLayout = {
  magic: 0x57,
  bytes: 10,
  commandAt: 2,
  sessionIdAt: 4,
  lengthAt: 8,
  version: { at: 1, number: 1 },
}

export const MAGIC = HEADER.magic
export const HEADER_BYTES = HEADER.bytes
/** The longest frame that the length field can express. */
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_BODY_BYTES

const TVS: Protocol = { header: HEADER, elements: ELEMENTS, messages: MESSAGES }

/**
 * Read one whole frame [TVS-2]. Byte strings in the result are views into `frame`, not copies.
 *
 * @param frame  exactly one frame, header included; a byte more or less is an error.
 * @throws {DecodeError} with the code, the offset in the frame, and the message and element.
 */
export const decode = decoderOf<Message>(TVS)

/**
 * Write one message as one frame, elements in ascending order of their tags.
 *
 * @throws {EncodeError} for a missing element, a value that does not fit, or more than 65535 bytes of elements.
 */
export const encode = encoderOf<Message>(TVS)

/** A copy of a frame under another session id: an answer that is given often is written once. */
export const withSessionId = (frame: Buffer, sessionId: number): Buffer => {
  const copy = Buffer.from(frame)
  copy.writeUInt32BE(sessionId, HEADER.sessionIdAt)
  return copy
}

/** Turns a stream of chunks, split anywhere, into TVS messages [TVS-1.3]. */
export class FrameReader extends StreamReader<Message> {
  constructor(options?: FrameReaderOptions) {
    super({ header: HEADER, decode }, options)
  }
}
