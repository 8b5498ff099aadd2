import { z } from 'zod'
import type { OptionRow } from './rows.ts'
import { type DocumentRow, type DocumentTable, isOption, type SectionRow } from './sections.ts'

type Json = { [key: string]: unknown }

const optionSchema = (row: OptionRow): Json => {
  const { $schema: _, ...schema } = z.toJSONSchema(row.schema, { io: 'input', unrepresentable: 'any' }) as Json
  const isSaid = row.range === undefined || row.kind !== 'string' || 'enum' in schema || 'minLength' in schema
  const allowed = isSaid ? '' : ` (${row.range})`
  return { description: `${row.doc}${allowed}`, ...schema }
}

const isNeeded = (row: DocumentRow): boolean => isOption(row) && !row.schema.safeParse(undefined).success

const sectionSchema = (rows: DocumentTable): Json => {
  const required = Object.entries(rows).flatMap(([name, row]) => (isNeeded(row) ? [name] : []))
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, schemaOf(row)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}

const wholeOf = (row: Exclude<DocumentRow, OptionRow>): Json => {
  if (row.kind === 'section') return sectionSchema(row.rows)
  if (row.kind === 'many') return { type: 'array', items: schemaOf(row.item), maxItems: row.most }
  return {
    type: 'object',
    properties: Object.fromEntries(row.names.map(name => [name, schemaOf(row.item)])),
    additionalProperties: false,
  }
}

const schemaOf = (row: DocumentRow): Json => {
  if (isOption(row)) return optionSchema(row)
  const { short, doc } = row
  return short ? { description: doc, anyOf: [optionSchema(short), wholeOf(row)] } : { description: doc, ...wholeOf(row) }
}

/** The JSON Schema (2020-12) of a document, for editors. What rules of sections want is not in it. */
export const jsonSchemaOf = (row: SectionRow, head: { id: string; title: string }): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: head.id,
  title: head.title,
  ...schemaOf(row),
})
