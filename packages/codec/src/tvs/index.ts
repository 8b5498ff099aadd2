export type { DecodeOptions } from '../frame/decode.ts'
export {
  DECODE_ERRORS,
  DecodeError,
  type DecodeErrorCode,
  ENCODE_ERRORS,
  EncodeError,
  type EncodeErrorCode,
} from '../frame/errors.ts'
export type { FrameReaderOptions } from '../frame/frame-reader.ts'
export { ELEMENT_HEADER_BYTES, type Element, type HeaderLayout } from '../frame/protocol.ts'
export { ROLE_NAMES, ROLES, type RoleName, roleName } from '../tlv/roles.ts'
export { ELEMENT_NAMES, ELEMENTS, type ElementName, NAMED_VALUES, STATUS } from './elements.ts'
export { decode, encode, FrameReader, HEADER, HEADER_BYTES, MAGIC, MAX_FRAME_BYTES, withSessionId } from './frame.ts'
export { MESSAGE_NAMES, MESSAGES, type Message, type MessageLayout, type MessageName, type MessageOf } from './messages.ts'
