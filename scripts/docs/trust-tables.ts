import {
  DIGESTS,
  type Field,
  type FieldTable,
  HEADER_FIELDS,
  MODULUS_BYTES,
  RECORD_FIELDS,
  ROLES,
} from '../../packages/codec/src/tlv/index.ts'
import { code, table } from './markdown.ts'

/** Fields inside a container stand below it, with a dot for each level. */
const fieldRows = (fields: FieldTable, depth = 0): string[][] =>
  Object.entries<Field>(fields).flatMap(([name, field]) => {
    const layout = 'fields' in field ? 'fields' : field.codec.layout
    const need = field.required ? 'yes' : ''
    const row = [String(field.tag), `${'· '.repeat(depth)}${name}`, layout, need, field.doc, code(field.key)]
    return [row, ...('fields' in field ? fieldRows(field.fields, depth + 1) : [])]
  })

const fieldTable = (fields: FieldTable) =>
  table(['tag', 'field', 'layout', 'required', 'what it holds', 'in code'], fieldRows(fields))

/** The parts of docs/protocol/trust-lists.md that are tables in the code. */
export const trustTables = (): Readonly<Record<string, string>> => ({
  header: fieldTable(HEADER_FIELDS),
  records: fieldTable(RECORD_FIELDS),
  roles: table(
    ['number', 'role', 'printed as'],
    Object.entries(ROLES).map(([name, { number, print }]) => [String(number), name, print]),
  ),
  digests: table(
    ['number', 'digest'],
    Object.entries(DIGESTS).map(([number, digest]) => [number, digest]),
  ),
  moduli: table(
    ['SIGNATUREMODULUS', 'bytes of the signature', 'RSA key'],
    MODULUS_BYTES.map((bytes, index) => [String(index), String(bytes), `${bytes * 8} bits`]),
  ),
})
