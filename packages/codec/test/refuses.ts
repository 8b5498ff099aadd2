import { DecodeError, type DecodeErrorCode, EncodeError, type EncodeErrorCode } from '@capfkit/codec/capf'

/** What a call threw, in the form that the tests compare: code and place for our own errors, the error itself for others. */
export const refusal = (act: () => unknown): { code: DecodeErrorCode | EncodeErrorCode; where: string } | unknown => {
  try {
    return { returned: act() }
  } catch (error) {
    return error instanceof DecodeError || error instanceof EncodeError ? { code: error.code, where: error.where } : error
  }
}
