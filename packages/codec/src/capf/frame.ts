import { decoderOf } from '../frame/decode.ts'
import { encoderOf } from '../frame/encode.ts'
import { type FrameReaderOptions, StreamReader } from '../frame/frame-reader.ts'
import { type HeaderLayout, MAX_BODY_BYTES, type Protocol } from '../frame/protocol.ts'
import { ELEMENTS } from './elements.ts'
import { MESSAGES, type Message } from './messages.ts'

/** The frame around every message: `u8 0x55 | u8 command | u32 session id | u16 length | elements`, big-endian [CAPF-2]. */
export const HEADER: HeaderLayout = { magic: 0x55, bytes: 8, commandAt: 1, sessionIdAt: 2, lengthAt: 6 }

export const MAGIC = HEADER.magic
export const HEADER_BYTES = HEADER.bytes
/** The longest frame that the length field can express. */
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_BODY_BYTES

const CAPF: Protocol = { header: HEADER, elements: ELEMENTS, messages: MESSAGES }

/**
 * Read one whole frame [CAPF-2]. Byte strings in the result are views into `frame`, not copies.
 *
 * @param frame  exactly one frame, header included; a byte more or less is an error.
 * @throws {DecodeError} with the code, the offset in the frame, and the message and element.
 */
export const decode = decoderOf<Message>(CAPF)

/**
 * Write one message as one frame, elements in ascending order of their tags, so that it can leave in one write [CAPF-1.3].
 *
 * @throws {EncodeError} for a missing element, a value that does not fit, or more than 65535 bytes of elements.
 */
export const encode = encoderOf<Message>(CAPF)

/** Turns a stream of chunks, split anywhere, into CAPF messages [CAPF-1.4]. */
export class FrameReader extends StreamReader<Message> {
  constructor(options?: FrameReaderOptions) {
    super({ header: HEADER, decode }, options)
  }
}
