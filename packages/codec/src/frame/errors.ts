import { CodedError, OffsetError } from '../errors/index.ts'

/** Every way in which bytes can fail to be a message of CAPF or TVS. Codes are stable; the sentences may improve. */
export const DECODE_ERRORS = {
  CODEC_BAD_MAGIC: 'the frame does not start with the byte of its protocol: 0x55 for CAPF, 0x57 for TVS',
  CODEC_UNKNOWN_VERSION: 'the header has a version that is not spoken here',
  CODEC_FRAME_TOO_LONG: 'the frame is longer than this reader accepts',
  CODEC_TRUNCATED: 'the input ends inside a field',
  CODEC_TRAILING_BYTES: 'bytes follow the end of the frame or field',
  CODEC_UNKNOWN_COMMAND: 'no message of the protocol has this command number',
  CODEC_UNKNOWN_ELEMENT: 'this element does not belong to this message',
  CODEC_DUPLICATE_ELEMENT: 'this element stands twice in one message',
  CODEC_MISSING_ELEMENT: 'a required element is missing',
  CODEC_BAD_LENGTH: 'the length does not fit this element',
  CODEC_BAD_TEXT: 'the text is not UTF-8 that ends in exactly one NUL',
  CODEC_BAD_VALUE: 'the value is outside what this element can hold',
} as const

export type DecodeErrorCode = keyof typeof DECODE_ERRORS

/**
 * Bytes that are not a message.
 *
 * `offset` counts bytes from the start of the frame; `where` names the message and element, e.g. `AUTH_RESPONSE.DEVICE_NAME`.
 */
export class DecodeError extends OffsetError<DecodeErrorCode> {
  override readonly name = 'DecodeError'

  constructor(code: DecodeErrorCode, place: { offset: number; where: string }, options?: ErrorOptions) {
    super(code, { ...place, what: DECODE_ERRORS[code] }, options)
  }
}

/** Every way in which a message can fail to become bytes: always a mistake of the caller. */
export const ENCODE_ERRORS = {
  CODEC_MISSING_ELEMENT: 'a required element is missing',
  CODEC_BAD_VALUE: 'the value does not fit the element',
  CODEC_FRAME_TOO_LONG: 'the elements take more than 65535 bytes',
} as const

export type EncodeErrorCode = keyof typeof ENCODE_ERRORS

/** A message that cannot be written; `where` names the message and element. */
export class EncodeError extends CodedError<EncodeErrorCode> {
  override readonly name = 'EncodeError'

  constructor(code: EncodeErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, what: ENCODE_ERRORS[code] }, options)
  }
}
