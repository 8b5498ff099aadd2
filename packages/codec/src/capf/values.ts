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

/** The DER of a certificate and which kind the sender says it is: 1 LSC, 2 MIC [CAPF-2.2]. */
export type CertificateValue = { certificateType: number; certificateDer: Buffer }

/** A certificate from the manufacturer with two signatures that cannot be replayed [CAPF-4.3]. */
export type SudiValue = { certificateDer: Buffer; sha1Signature?: Buffer; sha512Signature?: Buffer }

/** A signature with the number of its hash: 1 SHA-1, 2 SHA-256, 3 SHA-512 [CAPF-2.2]. */
export type HashedSignature = { digestType: number; signature: Buffer }

const fail = (code: DecodeErrorCode, field: Field, offset = field.start): never => {
  throw new DecodeError(code, { offset, where: field.where })
}

const fixed = (field: Field, bytes: number) => {
  if (field.end - field.start !== bytes) fail('CODEC_BAD_LENGTH', field)
  return field.start
}

const unsigned = (bits: 8 | 16): ValueCodec<number> => ({
  layout: `u${bits}`,
  read: field => {
    const at = fixed(field, bits / 8)
    return bits === 8 ? field.frame.readUInt8(at) : field.frame.readUInt16BE(at)
  },
  write: (value, where) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) throw new EncodeError('CODEC_BAD_VALUE', where)
    return bits === 8 ? Buffer.of(value) : Buffer.of(value >> 8, value & 0xff)
  },
})

export const u8 = unsigned(8)
export const u16 = unsigned(16)

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

export const certificate: ValueCodec<CertificateValue> = {
  layout: '01, u16 (DER length + 2), 00, u8 type, DER',
  read: field => {
    const { frame, start, end } = field
    if (end - start < 5) fail('CODEC_TRUNCATED', field)
    if (frame[start] !== 1) fail('CODEC_BAD_VALUE', field)
    if (frame.readUInt16BE(start + 1) !== end - start - 3) fail('CODEC_BAD_LENGTH', field, start + 1)
    if (frame[start + 3] !== 0) fail('CODEC_BAD_VALUE', field, start + 3)
    return { certificateType: frame.readUInt8(start + 4), certificateDer: frame.subarray(start + 5, end) }
  },
  write: ({ certificateType, certificateDer }, where) => {
    const length = certificateDer.length + 2
    if (length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.concat([Buffer.of(1, length >> 8, length & 0xff, 0), u8.write(certificateType, where), certificateDer])
  },
}

export const hashedSignature: ValueCodec<HashedSignature> = {
  layout: 'u8 hash, u16 length, signature',
  read: field => {
    const { frame, start, end } = field
    if (end - start < 3) fail('CODEC_TRUNCATED', field)
    if (frame.readUInt16BE(start + 1) !== end - start - 3) fail('CODEC_BAD_LENGTH', field, start + 1)
    return { digestType: frame.readUInt8(start), signature: frame.subarray(start + 3, end) }
  },
  write: ({ digestType, signature }, where) => {
    if (signature.length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.concat([u8.write(digestType, where), Buffer.of(signature.length >> 8, signature.length & 0xff), signature])
  },
}

/** The sub-elements of SUDI_DATA, in the order in which they are written [CAPF-2.2]. */
const SUDI_PARTS = [
  { tag: 0, key: 'certificateDer' },
  { tag: 1, key: 'sha1Signature' },
  { tag: 3, key: 'sha512Signature' },
] as const

export const sudi: ValueCodec<SudiValue> = {
  layout: 'sub-elements (u8 tag, u16 length): 0 certificate DER, 1 SHA-1 signature, 3 SHA-512 signature',
  read: field => {
    const { frame, end } = field
    const parts: Partial<Record<(typeof SUDI_PARTS)[number]['key'], Buffer>> = {}
    for (let at = field.start; at < end; ) {
      if (end - at < 3) fail('CODEC_TRUNCATED', field, at)
      const part = SUDI_PARTS.find(({ tag }) => tag === frame[at])
      if (!part) return fail('CODEC_UNKNOWN_ELEMENT', field, at)
      if (parts[part.key]) fail('CODEC_DUPLICATE_ELEMENT', field, at)
      const next = at + 3 + frame.readUInt16BE(at + 1)
      if (next > end) fail('CODEC_TRUNCATED', field, at + 1)
      parts[part.key] = frame.subarray(at + 3, next)
      at = next
    }
    const { certificateDer, ...signatures } = parts
    return certificateDer ? { certificateDer, ...signatures } : fail('CODEC_MISSING_ELEMENT', field)
  },
  write: (value, where) => {
    const out: Buffer[] = []
    for (const { tag, key } of SUDI_PARTS) {
      const part = value[key]
      if (!part) continue
      if (part.length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
      out.push(Buffer.of(tag, part.length >> 8, part.length & 0xff), part)
    }
    return Buffer.concat(out)
  },
}
