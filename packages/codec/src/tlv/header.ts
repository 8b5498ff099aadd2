import { TlvError } from './errors.ts'
import { FIELD_HEADER_BYTES, type Order, readFields, type UnknownField, writeFields } from './fields.ts'
import { HEADER_FIELDS, MODULUS_BYTES, PADDING_TAG, type ValuesOf } from './tags.ts'

/**
 * The header of a signed file [TRUST-2]. `headerLength` is counted when a file is written, whatever stands here.
 *
 * `order`, `unknown` and `paddingBytes` stand only in a parsed header that differs from what CUCM would write.
 */
export type Header = Omit<ValuesOf<typeof HEADER_FIELDS>, 'headerLength'> & {
  readonly headerLength?: number
  readonly order?: Order
  readonly unknown?: readonly UnknownField[]
  readonly paddingBytes?: number
}

/** Bytes of a file. */
export type Span = { readonly start: number; readonly end: number }

/** A header with its place: `signatureField` is what a signature does not cover, tag and length included. */
export type ParsedHeader = Header & { readonly headerLength: number; readonly span: Span; readonly signatureField: Span }

/** A reset file has two; each further reset of the same file adds one [TRUST-4]. */
export const MAX_HEADERS = 4
const WORD = 4
const { Version, HeaderLength, SIGNATURE } = HEADER_FIELDS
const FIXED_BYTES = 2 * (FIELD_HEADER_BYTES + 2)

/** Version and HeaderLength stand first, or nothing tells where the header ends. */
const headerEnd = (bytes: Buffer, start: number): number => {
  if (bytes.length < start + FIXED_BYTES) throw new TlvError('TLV_TRUNCATED', { offset: bytes.length, where: 'header' })
  const isVersion = bytes[start] === Version.tag && bytes.readUInt16BE(start + 1) === 2
  if (!isVersion || (bytes[start + 3] !== 1 && bytes[start + 3] !== 2))
    throw new TlvError('TLV_BAD_VERSION', { offset: start, where: 'header.Version' })
  const second = start + FIXED_BYTES / 2
  if (bytes[second] !== HeaderLength.tag) throw new TlvError('TLV_BAD_ORDER', { offset: second, where: 'header.HeaderLength' })
  if (bytes.readUInt16BE(second + 1) !== 2)
    throw new TlvError('TLV_BAD_LENGTH', { offset: second + 1, where: 'header.HeaderLength' })
  const end = start + bytes.readUInt16BE(second + FIELD_HEADER_BYTES)
  if (end < start + FIXED_BYTES)
    throw new TlvError('TLV_BAD_HEADER_LENGTH', { offset: second + FIELD_HEADER_BYTES, where: 'header.HeaderLength' })
  if (end > bytes.length) throw new TlvError('TLV_TRUNCATED', { offset: bytes.length, where: 'header' })
  return end
}

const readHeader = (bytes: Buffer, start: number): ParsedHeader => {
  const limit = headerEnd(bytes, start)
  let signatureField: Span | undefined
  const { values, end } = readFields(HEADER_FIELDS, {
    bytes,
    start,
    end: limit,
    where: 'header',
    stopAt: (tag, offset) => tag === PADDING_TAG || (tag === Version.tag && offset > start),
    onField: (tag, fieldStart, fieldEnd) => {
      if (tag === SIGNATURE.tag) signatureField = { start: fieldStart, end: fieldEnd }
    },
  })
  let at = end
  while (at < limit && bytes[at] === PADDING_TAG) at++
  const header = { ...values, span: { start, end: at }, signatureField } as unknown as ParsedHeader
  checkModulus(header)
  const paddingBytes = at - end
  return paddingBytes === missingToWord(end - start) ? header : { ...header, paddingBytes }
}

const missingToWord = (length: number) => (WORD - (length % WORD)) % WORD

const checkModulus = ({ signature, signatureInfo, signatureField }: ParsedHeader): void => {
  if (MODULUS_BYTES[signatureInfo.signature.modulus] === signature.length) return
  throw new TlvError('TLV_BAD_LENGTH', { offset: signatureField.start + 1, where: 'header.SIGNATURE' })
}

/**
 * Read the header, or the headers: a reset list has a second one in front of its old file, and the outer HeaderLength covers
 * both [TRUST-4]. The outermost, the one whose signature counts, comes first.
 *
 * @throws {TlvError}
 */
export const readHeaders = (bytes: Buffer): readonly ParsedHeader[] => {
  const headers: ParsedHeader[] = []
  const limit = headerEnd(bytes, 0)
  for (let at = 0; at < limit; at = headers.at(-1)!.span.end) {
    if (headers.length === MAX_HEADERS) throw new TlvError('TLV_TOO_MANY_HEADERS', { offset: at, where: 'header' })
    if (bytes[at] !== Version.tag) throw new TlvError('TLV_BAD_ORDER', { offset: at, where: `header.tag ${bytes[at]}` })
    if (headerEnd(bytes, at) !== limit)
      throw new TlvError('TLV_BAD_HEADER_LENGTH', { offset: at + 8, where: 'header.HeaderLength' })
    headers.push(readHeader(bytes, at))
  }
  return headers
}

/** A written file, and where in it the signature field of the outermost header stands. */
export type WrittenFile = { readonly bytes: Buffer; readonly signatureField: Span }

/**
 * Headers, the outermost first, and what they stand in front of, as one file. HeaderLength and padding are counted here.
 *
 * @throws {TlvError} when a value does not fit its field, there are more than {@link MAX_HEADERS}, or they take more than 65535
 *   bytes.
 */
export const writeFile = (headers: readonly Header[], content: readonly Buffer[]): WrittenFile => {
  if (headers.length > MAX_HEADERS) throw new TlvError('TLV_TOO_MANY_HEADERS', { offset: 0, where: 'header' })
  let written: Buffer[] = []
  let behind = 0
  let signatureField: Span = { start: 0, end: 0 }
  for (const header of headers.toReversed()) {
    const fields = writeFields(HEADER_FIELDS, { ...header, headerLength: 0 }, 'header')
    const parts: Buffer[] = []
    let length = 0
    let headerLength: Buffer | undefined
    for (const field of fields) {
      const start = length
      for (const part of field.parts) length += part.length
      parts.push(...field.parts)
      if (field.tag === SIGNATURE.tag) signatureField = { start, end: length }
      if (field.tag === HeaderLength.tag) headerLength = field.parts[1]
    }
    const padding = Buffer.alloc(header.paddingBytes ?? missingToWord(length), PADDING_TAG)
    behind += length + padding.length
    if (behind > 0xffff) throw new TlvError('TLV_BAD_HEADER_LENGTH', { offset: 0, where: 'header.HeaderLength' })
    headerLength!.writeUInt16BE(behind)
    written = [...parts, padding, ...written]
  }
  return { bytes: Buffer.concat([...written, ...content]), signatureField }
}

/** What a signature covers: the file from its header on, without the signature field [TRUST-2]. */
export const signedParts = (
  bytes: Buffer,
  { span, signatureField }: Pick<ParsedHeader, 'span' | 'signatureField'>,
): readonly [Buffer, Buffer] => [bytes.subarray(span.start, signatureField.start), bytes.subarray(signatureField.end)]
