import { TlvError } from './errors.ts'
import { FIELD_HEADER_BYTES, type Order, readFields, type UnknownField, writeFields } from './fields.ts'
import { type Header, type ParsedHeader, readHeaders, type Span, type WrittenFile, writeFile } from './header.ts'
import { RECORD_FIELDS, type ValuesOf } from './tags.ts'

/**
 * One entry of a trust list [TRUST-3]: a full certificate, a hash of one, or an address alone. `recordLength` is counted when
 * the list is written; `order` and `unknown` stand only where a parsed record differs from what CUCM would write.
 */
export type TrustRecord = Omit<ValuesOf<typeof RECORD_FIELDS>, 'recordLength'> & {
  readonly recordLength?: number
  readonly order?: Order
  readonly unknown?: readonly UnknownField[]
}

export type ParsedRecord = TrustRecord & { readonly recordLength: number; readonly span: Span }

/** A CTL or ITL file. `headers[0]` is the one that counts; a reset list has the header of before behind it. */
export type TrustList = { readonly headers: readonly Header[]; readonly records: readonly TrustRecord[] }
export type ParsedTrustList = {
  readonly headers: readonly [ParsedHeader, ...ParsedHeader[]]
  readonly records: readonly ParsedRecord[]
}

/** Phones fail on lists that are longer: about 39 certificates. */
export const PHONE_LIMIT_BYTES = 65_536
/** Read for diagnosis all the same, up to here. */
export const MAX_TRUST_LIST_BYTES = 1_048_576

const { RECORDLENGTH } = RECORD_FIELDS
const SHORTEST_RECORD_BYTES = FIELD_HEADER_BYTES + 2

const readRecord = (bytes: Buffer, start: number, number: number): ParsedRecord => {
  const where = `record ${number}`
  if (start + SHORTEST_RECORD_BYTES > bytes.length) throw new TlvError('TLV_TRUNCATED', { offset: bytes.length, where })
  const isLength = bytes[start] === RECORDLENGTH.tag && bytes.readUInt16BE(start + 1) === 2
  if (!isLength) throw new TlvError('TLV_BAD_ORDER', { offset: start, where: `${where}.RECORDLENGTH` })
  const end = start + bytes.readUInt16BE(start + FIELD_HEADER_BYTES)
  if (end > bytes.length || end < start + SHORTEST_RECORD_BYTES)
    throw new TlvError('TLV_BAD_RECORD_LENGTH', { offset: start + FIELD_HEADER_BYTES, where: `${where}.RECORDLENGTH` })
  const { values } = readFields(RECORD_FIELDS, { bytes, start, end, where })
  return { ...(values as unknown as Omit<ParsedRecord, 'span'>), span: { start, end } }
}

/**
 * Read a CTL or ITL file. Byte strings are views into `bytes`. Nothing is verified here: see pki's `checkTrustList`.
 *
 * @param bytes  the whole file, at most {@link MAX_TRUST_LIST_BYTES}.
 * @throws {TlvError} with the offset in the file and the field.
 */
export const parseTrustList = (bytes: Buffer): ParsedTrustList => {
  if (bytes.length > MAX_TRUST_LIST_BYTES) throw new TlvError('TLV_TOO_LONG', { offset: MAX_TRUST_LIST_BYTES, where: 'file' })
  const headers = readHeaders(bytes) as ParsedTrustList['headers']
  const records: ParsedRecord[] = []
  for (let at = headers.at(-1)!.span.end; at < bytes.length; at = records.at(-1)!.span.end)
    records.push(readRecord(bytes, at, records.length + 1))
  return { headers, records }
}

/** One record as it stands in the file, its length counted. @throws {TlvError} */
export const formatRecord = (record: TrustRecord, number = 1): Buffer => {
  const where = `record ${number}`
  const fields = writeFields(RECORD_FIELDS, { ...record, recordLength: 0 }, where)
  const bytes = Buffer.concat(fields.flatMap(({ parts }) => parts))
  if (bytes[0] !== RECORDLENGTH.tag) throw new TlvError('TLV_BAD_ORDER', { offset: 0, where: `${where}.RECORDLENGTH` })
  if (bytes.length > 0xffff) throw new TlvError('TLV_BAD_RECORD_LENGTH', { offset: 0, where })
  bytes.writeUInt16BE(bytes.length, FIELD_HEADER_BYTES)
  return bytes
}

/** As {@link formatTrustList}, with the place of the outermost signature, for who signs it. @throws {TlvError} */
export const writeTrustList = ({ headers, records }: TrustList): WrittenFile =>
  writeFile(
    headers,
    records.map((record, index) => formatRecord(record, index + 1)),
  )

/**
 * The bytes of a CTL or ITL file. A parsed list gives the bytes that it was parsed from.
 *
 * @throws {TlvError} when a value does not fit its field.
 */
export const formatTrustList = (list: TrustList): Buffer => writeTrustList(list).bytes
