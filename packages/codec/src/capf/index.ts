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
export { DEVICE_NAME_PATTERN, isDeviceName, sameDeviceName } from './device-name.ts'
export {
  AUTH_TYPE,
  CERTIFICATE_TYPE,
  CURVE,
  DIGEST_TYPE,
  ELEMENT_NAMES,
  ELEMENTS,
  type ElementName,
  KEY_TYPE,
  NAMED_VALUES,
  REASON,
} from './elements.ts'
export { decode, encode, FrameReader, HEADER, HEADER_BYTES, MAGIC, MAX_FRAME_BYTES } from './frame.ts'
export { MESSAGE_NAMES, MESSAGES, type Message, type MessageLayout, type MessageName, type MessageOf } from './messages.ts'
export type { CertificateValue, HashedSignature, SudiValue } from './values.ts'
