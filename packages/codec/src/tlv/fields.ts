import { TlvError } from './errors.ts'
import type { ContainerField, Field, FieldTable } from './tags.ts'
import { tlvError, type ValueCodec } from './values.ts'

/** Tag and u16 length in front of every value. */
export const FIELD_HEADER_BYTES = 3

/**
 * The fields of one level in the order of the file: the tag of a value, or of a container with what is inside. Kept only where
 * it is not the order of the table, so that writing a parsed file gives the same bytes.
 */
export type Order = readonly (number | readonly [tag: number, inside: Order])[]

/** A field whose tag nobody knows: kept as it was. */
export type UnknownField = { readonly tag: number; readonly value: Buffer }

export type Fields = { readonly [key: string]: unknown; readonly order?: Order; readonly unknown?: readonly UnknownField[] }

export const isContainer = (field: Field): field is ContainerField => 'fields' in field

type Row = { readonly name: string; readonly field: Field; readonly rank: number }

const rowsOfTables = new WeakMap<FieldTable, ReadonlyMap<number, Row>>()

/** The rows of a table by their tags, in the order of the table. */
const byTag = (table: FieldTable): ReadonlyMap<number, Row> => {
  let rows = rowsOfTables.get(table)
  if (!rows) {
    rows = new Map(Object.entries(table).map(([name, field], rank) => [field.tag, { name, field, rank }]))
    rowsOfTables.set(table, rows)
  }
  return rows
}

/** What {@link readFields} walks: `bytes[start..end)` of a file, and when to stop before `end`. */
export type FieldsAt = {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly where: string
  /** Told of every field before it is read; `true` ends the walk there. */
  readonly stopAt?: (tag: number, offset: number) => boolean
  /** Told where each field of this level stood, its own tag and length included. */
  readonly onField?: (tag: number, start: number, end: number) => void
}

/**
 * Read the fields of one level by their table. Byte strings are views into the file.
 *
 * @throws {TlvError} with the offset in the file and the name of the field.
 */
export const readFields = (table: FieldTable, at: FieldsAt): { values: Fields; end: number } => {
  const rows = byTag(table)
  const values: Record<string, unknown> = {}
  const order: (number | readonly [number, Order])[] = []
  const unknown: UnknownField[] = []
  const { bytes, end, where } = at
  let offset = at.start
  let isCanonical = true
  let rank = -1
  while (offset < end) {
    const tag = bytes[offset]!
    if (at.stopAt?.(tag, offset)) break
    const row = rows.get(tag)
    const field = row?.field
    const place = `${where}.${row?.name ?? `tag ${tag}`}`
    const start = offset + FIELD_HEADER_BYTES
    if (start > end) throw new TlvError('TLV_TRUNCATED', { offset, where: place })
    const next = start + bytes.readUInt16BE(offset + 1)
    if (next > end) throw new TlvError('TLV_TRUNCATED', { offset: offset + 1, where: place })
    at.onField?.(tag, offset, next)
    if (field && field.key in values) throw new TlvError('TLV_DUPLICATE_FIELD', { offset, where: place })
    if (!row || row.rank < rank) isCanonical = false
    else rank = row.rank
    if (!field) {
      unknown.push({ tag, value: bytes.subarray(start, next) })
      order.push(tag)
    } else if (isContainer(field)) {
      const { order: inside, ...inner } = readFields(field.fields, { bytes, start, end: next, where: place }).values
      values[field.key] = inner
      order.push(inside ? [tag, inside] : tag)
      if (inside) isCanonical = false
    } else {
      values[field.key] = (field.codec as ValueCodec<unknown>).read({ bytes, start, end: next, where: place })
      order.push(tag)
    }
    offset = next
  }
  for (const { name, field } of rows.values())
    if (field.required && !(field.key in values)) throw new TlvError('TLV_MISSING_FIELD', { offset, where: `${where}.${name}` })
  if (unknown.length > 0) values.unknown = unknown
  if (!isCanonical) values.order = order
  return { values: values as Fields, end: offset }
}

/** Tag, length and the parts of the value. */
const field = (tag: number, where: string, ...parts: readonly Buffer[]): Buffer[] => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > 0xffff) throw tlvError('TLV_BAD_LENGTH', { start: 0, where })
  const header = Buffer.allocUnsafe(FIELD_HEADER_BYTES)
  header[0] = tag
  header.writeUInt16BE(length, 1)
  return [header, ...parts]
}

/** One field of a parsed or given level, at its place; without `row` it is a tag that nobody knows. */
export type PlacedField = {
  readonly tag: number
  readonly row: Row | undefined
  /** `undefined` where the order names a field that is not there. */
  readonly value: unknown
  /** The order of what is inside a container, where it is not that of the table. */
  readonly inside: Order | undefined
}

/** The fields of one level in the order of the file, or that of the table; those that nobody knows behind. */
export function* placedFields(table: FieldTable, values: Fields, givenOrder?: Order): Generator<PlacedField> {
  const rows = byTag(table)
  const present = [...rows.values()].filter(({ field }) => values[field.key] !== undefined).map(({ field }) => field.tag)
  const unknown = (values.unknown ?? []).map(({ tag }) => tag)
  const left = new Map<number, Iterator<UnknownField>>()
  for (const [tag, fields] of Map.groupBy(values.unknown ?? [], ({ tag }) => tag)) left.set(tag, fields.values())
  for (const entry of givenOrder ?? values.order ?? [...present, ...unknown]) {
    const [tag, inside] = typeof entry === 'number' ? [entry] : entry
    const row = rows.get(tag)
    const value = row ? values[row.field.key] : left.get(tag)?.next().value?.value
    yield { tag, row, value, inside }
  }
}

/** One written field; a container comes in several parts. */
export type WrittenField = { readonly tag: number; readonly parts: readonly Buffer[] }

const writeField = ({ tag, row, value, inside }: PlacedField, where: string): WrittenField => {
  const place = `${where}.${row?.name ?? `tag ${tag}`}`
  if (value === undefined) throw tlvError('TLV_MISSING_FIELD', { start: 0, where: place })
  if (!row) return { tag, parts: field(tag, place, value as Buffer) }
  const parts = isContainer(row.field)
    ? writeFields(row.field.fields, value as Fields, place, inside).flatMap(({ parts }) => parts)
    : [(row.field.codec as ValueCodec<unknown>).write(value, place)]
  return { tag, parts: field(tag, place, ...parts) }
}

/** As {@link writeFields} for what was not parsed: nothing but the table says the order. */
const writeByTable = (rows: ReadonlyMap<number, Row>, values: Fields, where: string): WrittenField[] => {
  const written: WrittenField[] = []
  for (const [tag, row] of rows) {
    const value = values[row.field.key]
    if (value !== undefined) written.push(writeField({ tag, row, value, inside: undefined }, where))
  }
  return written
}

/**
 * Write the fields of one level in their order, or that of the table.
 *
 * @throws {TlvError} for a value that does not fit, a required one that is missing, or one that is not in its order once.
 */
export const writeFields = (table: FieldTable, values: Fields, where: string, givenOrder?: Order): WrittenField[] => {
  const rows = byTag(table)
  for (const { name, field } of rows.values())
    if (field.required && values[field.key] === undefined)
      throw tlvError('TLV_MISSING_FIELD', { start: 0, where: `${where}.${name}` })
  if (!givenOrder && !values.order && !values.unknown) return writeByTable(rows, values, where)
  const written = Array.from(placedFields(table, values, givenOrder), placed => writeField(placed, where))
  // An order of before does not name what was added since: it must not get lost.
  const tags = new Set(written.map(({ tag }) => tag))
  const present = Object.values(table).filter(({ key }) => values[key] !== undefined)
  const isWhole = present.every(({ tag }) => tags.has(tag)) && written.length === present.length + (values.unknown?.length ?? 0)
  if (!isWhole) throw tlvError('TLV_BAD_ORDER', { start: 0, where })
  return written
}
