import protobuf from 'protobufjs/light.js'
import { type FieldRow, type RecordName, type RecordRow, RUN_RECORDS } from './schema.ts'

const { Field, OneOf, Root, Type } = protobuf

const isRecord = (type: string): type is RecordName => Object.hasOwn(RUN_RECORDS, type)

/** The table as protobufjs knows it; it makes a reader and a writer of it when they are first needed. */
const newTypes = (): Readonly<Record<RecordName, protobuf.Type>> => {
  const root = new Root()
  for (const [name, { fields }] of Object.entries<RecordRow>(RUN_RECORDS)) {
    const type = new Type(name)
    for (const [field, { id, type: fieldType, many }] of Object.entries(fields)) {
      // Numbers together behind one length, as proto3 does it.
      const packed = fieldType !== 'string' && !isRecord(fieldType)
      type.add(many ? new Field(field, id, fieldType, 'repeated', undefined, { packed }) : new Field(field, id, fieldType))
    }
    if (name === 'Entry') type.add(new OneOf('content', Object.keys(fields)))
    root.add(type)
  }
  root.resolveAll()
  return Object.fromEntries(Object.keys(RUN_RECORDS).map(name => [name, root.lookupType(name)])) as never
}

let types: ReturnType<typeof newTypes> | undefined

/** Made when first used: a program that never looks at a run pays nothing. */
export const wireType = (name: RecordName): protobuf.Type => {
  types ??= newTypes()
  return types[name]
}

export const newWriter = (): protobuf.Writer => protobuf.Writer.create()

const absent = ({ type, many }: FieldRow): unknown => {
  if (many) return []
  return { bool: false, string: '', bytes: Buffer.alloc(0) }[type as 'bool'] ?? 0
}

/** Numbers that are none would end in figures that are none. */
const mustBeFinite = (value: unknown, key: string): unknown => {
  const isNone = (item: unknown) => typeof item === 'number' && !Number.isFinite(item)
  if (isNone(value) || (Array.isArray(value) && value.some(isNone))) throw new RangeError(`${key} is no number`)
  return value
}

/** What protobufjs read as a plain value: everything there, but records that were absent. @throws {RangeError} */
export const plainValue = (message: object, name: RecordName): Record<string, unknown> => {
  const value: Record<string, unknown> = {}
  const read = message as Readonly<Record<string, unknown>>
  for (const [key, row] of Object.entries<FieldRow>(RUN_RECORDS[name].fields)) {
    const { type } = row
    const isThere = Object.hasOwn(message, key)
    if (!isRecord(type)) {
      if (isThere) value[key] = mustBeFinite(read[key], key)
      else if (!row.maybe) value[key] = absent(row)
    } else if (row.many) value[key] = ((read[key] ?? []) as object[]).map(item => plainValue(item, type))
    else if (isThere) value[key] = plainValue(read[key] as object, type)
  }
  return value
}
