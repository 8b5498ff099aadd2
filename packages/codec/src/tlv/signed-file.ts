import { TlvError } from './errors.ts'
import { type Header, type ParsedHeader, readHeaders, writeFile } from './header.ts'

/** A `.sgn` or `.enc.sgn`: a header, and the content behind it, encrypted where the header has `encryption` [TRUST-5]. */
export type SignedFile = { readonly header: Header; readonly content: Buffer }
export type ParsedSignedFile = { readonly header: ParsedHeader; readonly content: Buffer }

/** Whether a file begins as a signed one does: with the Version field. */
export const looksSigned = (bytes: Buffer): boolean => bytes.length >= 5 && bytes.readUIntBE(0, 3) === 0x010002

/**
 * Read a signed file. The content is a view into `bytes`.
 *
 * @throws {TlvError} with the offset in the file and the field.
 */
export const parseSignedFile = (bytes: Buffer): ParsedSignedFile => {
  const [header, second] = readHeaders(bytes)
  if (second) throw new TlvError('TLV_TOO_MANY_HEADERS', { offset: second.span.start, where: 'header' })
  return { header: header!, content: bytes.subarray(header!.span.end) }
}

/** The bytes of a signed file; a parsed one gives the bytes that it was parsed from. @throws {TlvError} */
export const formatSignedFile = ({ header, content }: SignedFile): Buffer => writeFile([header], [content]).bytes
