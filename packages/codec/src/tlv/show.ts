import { type Fields, isContainer, type Order, placedFields, writeFields } from './fields.ts'
import type { Header, ParsedHeader } from './header.ts'
import { asHex, type Print, type Sha1 } from './print.ts'
import { ROLES } from './roles.ts'
import { type FieldTable, HEADER_FIELDS, RECORD_FIELDS } from './tags.ts'
import type { ParsedRecord, ParsedTrustList } from './trust-list.ts'
import type { ValueCodec } from './values.ts'

/** Which of the two lists: phones take both by the same rules, CUCM prints them with other words. */
export type ListKind = 'CTL' | 'ITL'

/** By the name of the file, `CTLSEP001122334455.tlv` or `ITLFile.tlv`; anything else counts as an ITL. */
export const listKind = (fileName: string): ListKind => (/^CTL/i.test(fileName) ? 'CTL' : 'ITL')

/** What is printed of the file itself. */
export type ShownFile = {
  readonly kind: ListKind
  readonly lengthBytes: number
  /** Lower case hexadecimal. */
  readonly md5: string
  readonly sha1: string
  /** When the file was last modified, in words; left out where nobody knows. */
  readonly modified?: string
}

export type ShowOptions = ShownFile & {
  readonly sha1Of: Sha1
  /** Whether the signature is that of a signer who is known. */
  readonly isVerified: boolean
  /** The certificate that signed, DER; nothing when the signature is not verified, or it is not in the list. */
  readonly signerDer?: Buffer | undefined
}

const HEAD = ['BYTEPOS\tTAG\t\tLENGTH\tVALUE', '-------\t---\t\t------\t-----'] as const

/** CUCM's own words, slips included; the end of the first one is not public. */
const NOT_FOUND: Readonly<Record<ListKind, string>> = {
  CTL: 'CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl..',
  ITL: 'ITL File not found. To generate an ITL file, activate or restart the Cisco TFTP service as this servers.',
}

type Level = { readonly table: FieldTable; readonly values: Fields; readonly order?: Order | undefined }

const lengthOf = ({ table, values, order }: Level): number =>
  writeFields(table, values, '', order).reduce((sum, { parts }) => sum + parts.reduce((all, { length }) => all + length, 0), 0)

const columns = (...cells: readonly (string | number)[]) => cells.join('\t').trimEnd()

/** The column BYTEPOS holds tags. A container has no length of its own: 2 is that of the length field, which is its VALUE. */
function* fieldLines({ table, values, order }: Level, sha1: Sha1): Generator<string> {
  for (const { tag, row, value, inside } of placedFields(table, values, order)) {
    if (!row) {
      // What CUCM prints of a tag that it does not know is not public: ours.
      yield columns(tag, 'UNKNOWN', (value as Buffer).length, asHex(value as Buffer, sha1))
      continue
    }
    const { name, field } = row
    if (isContainer(field)) {
      const level = { table: field.fields, values: value as Fields, order: inside }
      yield columns(tag, name, 2, lengthOf(level))
      yield* fieldLines(level, sha1)
      continue
    }
    const length = (field.codec as ValueCodec<unknown>).write(value, name).length
    const print = field.print as Print<unknown> | undefined
    if (!field.isAbove) yield columns(tag, name, length, print?.(value, sha1) ?? '')
    yield* (field.printBelow as ((value: unknown) => readonly string[]) | undefined)?.(value) ?? []
  }
}

function* aboveLines({ table, values }: Level, sha1: Sha1): Generator<string> {
  for (const { row, value } of placedFields(table, values))
    if (row && !isContainer(row.field) && row.field.isAbove)
      yield `${row.name}:\t${(row.field.print as Print<unknown>)(value, sha1)}`
}

/** The header of a signed file as `show itl` prints it [TRUST-7]. */
export const showHeader = (header: Header, sha1: Sha1): string[] => {
  const level: Level = { table: HEADER_FIELDS, values: header }
  return [...aboveLines(level, sha1), '', ...HEAD, ...fieldLines(level, sha1)]
}

/** Of the headers of a reset list CUCM's print is not public: all of them one below the other, numbered, is ours. */
const headersLines = function* (headers: readonly ParsedHeader[], { kind, sha1Of }: ShowOptions): Generator<string> {
  for (const [index, header] of headers.entries()) {
    if (index > 0) yield* ['', `\t${kind} Header #:${index + 1}`, '\t  ----']
    yield* showHeader(header, sha1Of)
  }
}

function* recordLines(record: ParsedRecord, number: number, { kind, sha1Of, signerDer }: ShowOptions): Generator<string> {
  yield* ['', `\t${kind} Record #:${number}`, '\t  ----', ...HEAD]
  yield* fieldLines({ table: RECORD_FIELDS, values: record }, sha1Of)
  if (record.role !== ROLES.SAST.number) return
  const hasSigned = signerDer !== undefined && record.certificateDer?.equals(signerDer)
  yield `This etoken was ${hasSigned ? 'used' : 'not used'} to sign the ${kind} file.`
}

const fileLines = ({ kind, lengthBytes, md5, sha1, modified }: ShownFile): string[] => [
  `The checksum value of the ${kind} file:`,
  `${md5}(MD5)`,
  `${sha1}(SHA1)`,
  '',
  `Length of ${kind} file: ${lengthBytes}`,
  ...(modified === undefined ? [] : [`The ${kind} File was last modified on ${modified}`]),
  '',
  `Parse ${kind} File`,
  '----------------',
  '',
]

/**
 * A list as `show itl` and `show ctl` print it, a line each [TRUST-7]: tag numbers under BYTEPOS, CUCM's spelling of the names.
 */
export const showTrustList = ({ headers, records }: ParsedTrustList, options: ShowOptions): string[] => [
  ...fileLines(options),
  ...headersLines(headers, options),
  ...records.flatMap((record, index) => [...recordLines(record, index + 1, options)]),
  // What CUCM says of a bad signature is not public: ours.
  options.isVerified ? `The ${options.kind} file was verified successfully.` : `Verification of the ${options.kind} file failed.`,
]

/** What `show itl` prints where there is no file, or an empty one [TRUST-7]. */
export const showMissingList = (kind: ListKind): string[] => [
  `Length of ${kind} file: 0`,
  NOT_FOUND[kind],
  `Error parsing the ${kind} File.`,
]

/** A file that is no list: the sentence is CUCM's, what stands before it is ours [TRUST-7]. */
export const showCorruptList = (file: ShownFile): string[] => [...fileLines(file), `Error parsing the ${file.kind} File.`]
