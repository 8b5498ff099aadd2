export { type DecodeOptions, decode } from './decode.ts'
export { DEVICE_NAME_PATTERN, isDeviceName, sameDeviceName } from './device-name.ts'
export {
  AUTH_TYPE,
  CERTIFICATE_TYPE,
  CURVE,
  DIGEST_TYPE,
  ELEMENT_NAMES,
  ELEMENTS,
  type Element,
  type ElementName,
  KEY_TYPE,
  NAMED_VALUES,
  REASON,
} from './elements.ts'
export { encode } from './encode.ts'
export { DECODE_ERRORS, DecodeError, type DecodeErrorCode, ENCODE_ERRORS, EncodeError, type EncodeErrorCode } from './errors.ts'
export { ELEMENT_HEADER_BYTES, HEADER_BYTES, MAGIC, MAX_FRAME_BYTES } from './frame.ts'
export { FrameReader, type FrameReaderOptions } from './frame-reader.ts'
export { MESSAGE_NAMES, MESSAGES, type Message, type MessageLayout, type MessageName, type MessageOf } from './messages.ts'
export type { CertificateValue, HashedSignature, SudiValue } from './values.ts'
