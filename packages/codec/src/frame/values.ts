import { DecodeError, type DecodeErrorCode, EncodeError } from './errors.ts'

/** A slice of a frame with enough knowledge of where it lies to complain about it. */
export type Field = {
  /** The whole frame; the value is `frame.subarray(start, end)`. */
  readonly frame: Buffer
  readonly start: number
  readonly end: number
  /** Message and element, e.g. `STORE_CERTIFICATE_REQUEST.CERTIFICATE`. */
  readonly where: string
}

/** How one kind of element value is read and written. Reader, writer and fuzzer use nothing else. */
export type ValueCodec<T> = {
  /** What the docs call it, e.g. `u16`. */
  readonly layout: string
  read(field: Field): T
  write(value: T, where: string): Buffer
}

/** Refuse a field at its start, or at another byte of the frame. */
export const fail = (code: DecodeErrorCode, field: Field, offset = field.start): never => {
  throw new DecodeError(code, { offset, where: field.where })
}

const fixed = (field: Field, bytes: number) => {
  if (field.end - field.start !== bytes) fail('CODEC_BAD_LENGTH', field)
  return field.start
}

const unsigned = (bits: 8 | 16 | 32): ValueCodec<number> => ({
  layout: `u${bits}`,
  read: field => field.frame.readUIntBE(fixed(field, bits / 8), bits / 8),
  write: (value, where) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) throw new EncodeError('CODEC_BAD_VALUE', where)
    const bytes = Buffer.allocUnsafe(bits / 8)
    bytes.writeUIntBE(value, 0, bits / 8)
    return bytes
  },
})

export const u8 = unsigned(8)
export const u16 = unsigned(16)
export const u32 = unsigned(32)

/** Any number of bytes, each a number. */
export const u8List: ValueCodec<readonly number[]> = {
  layout: 'u8 each',
  read: ({ frame, start, end }) => [...frame.subarray(start, end)],
  write: (values, where) => {
    for (const value of values)
      if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.from(values)
  },
}

// A byte order mark is kept: dropping it would make another name of the same bytes.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const readText = (field: Field, end: number): string => {
  try {
    return utf8.decode(field.frame.subarray(field.start, end))
  } catch (cause) {
    throw new DecodeError('CODEC_BAD_TEXT', { offset: field.start, where: field.where }, { cause })
  }
}

/** Half a surrogate pair has no UTF-8: Node would write U+FFFD in its place. */
const writeText = (value: string, where: string): Buffer => {
  if (!value.isWellFormed()) throw new EncodeError('CODEC_BAD_VALUE', where)
  return Buffer.from(value, 'utf8')
}

/** Text to the end of the element. */
export const text: ValueCodec<string> = {
  layout: 'text',
  read: field => readText(field, field.end),
  write: writeText,
}

/** Text and one NUL. A missing NUL is refused: a reader that cuts the last byte blindly makes another name of it. */
export const cstring: ValueCodec<string> = {
  layout: 'text + NUL',
  read: field => {
    if (field.frame.indexOf(0, field.start) !== field.end - 1) fail('CODEC_BAD_TEXT', field)
    return readText(field, field.end - 1)
  },
  write: (value, where) => {
    if (value.includes('\0')) throw new EncodeError('CODEC_BAD_VALUE', where)
    return writeText(`${value}\0`, where)
  },
}

/** Bytes as they are: a view into the frame, not a copy. */
export const bytes: ValueCodec<Buffer> = {
  layout: 'bytes',
  read: field => field.frame.subarray(field.start, field.end),
  write: value => value,
}
