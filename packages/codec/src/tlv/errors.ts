import { OffsetError } from '../errors/index.ts'

/** Every way in which bytes can fail to be a trust list or a signed file. Codes are stable; the sentences may improve. */
export const TLV_ERRORS = {
  TLV_TOO_LONG: 'the file is longer than this reader accepts',
  TLV_TRUNCATED: 'the input ends inside a field',
  TLV_BAD_VERSION: 'the file does not start with a version that this reader knows: major 1, or 2 for encrypted files',
  TLV_BAD_LENGTH: 'the length does not fit this field',
  TLV_BAD_HEADER_LENGTH: 'the header does not end where its HeaderLength says',
  TLV_BAD_RECORD_LENGTH: 'the record does not end where its RECORDLENGTH says, or that is beyond the file',
  TLV_BAD_ORDER: 'this field does not belong at this place',
  TLV_DUPLICATE_FIELD: 'this field stands twice',
  TLV_MISSING_FIELD: 'a required field is missing',
  TLV_BAD_TEXT: 'the text is not UTF-8 that ends in NUL',
  TLV_BAD_VALUE: 'the value is outside what this field can hold',
  TLV_TOO_MANY_HEADERS: 'more headers stand in front of each other than a recovery file has',
} as const

export type TlvErrorCode = keyof typeof TLV_ERRORS

/**
 * Bytes that are not a trust list, or values that cannot become one.
 *
 * `offset` counts bytes from the start of the file (of the field's container when writing); `where` names the field, e.g.
 * `header.SIGNERID.SIGNERNAME` or `record 3.FUNCTION`.
 */
export class TlvError extends OffsetError<TlvErrorCode> {
  override readonly name = 'TlvError'

  constructor(code: TlvErrorCode, place: { offset: number; where: string }, options?: ErrorOptions) {
    super(code, { ...place, what: TLV_ERRORS[code] }, options)
  }
}
