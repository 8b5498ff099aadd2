import { isDeviceName } from '@capfkit/codec/capf'
import type { NewDevice } from '@capfkit/server'
import { columnFor, IMPORT_COLUMNS, type ImportedFields, type RawRow } from './import-columns.ts'

/** Rows of a file with where each of them stands, for complaints: `phones.csv:7`. */
export type RawTable = {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly where: string; readonly values: RawRow }[]
}

export type Imported = {
  readonly devices: readonly NewDevice[]
  /** A sentence for each value that cannot be taken over. */
  readonly mistakes: readonly string[]
  /** Columns that are not understood. */
  readonly ignored: readonly string[]
}

/** A table without a name column, or with two columns for one thing, is no table of devices. */
const checkColumns = (columns: readonly string[], where: string): string[] => {
  const mistakes: string[] = []
  const seen = new Map<unknown, string>()
  for (const heading of columns) {
    const column = columnFor(heading)
    if (!column) continue
    const other = seen.get(column)
    if (other !== undefined) mistakes.push(`${where}: the columns ${other} and ${heading} say the same thing; leave one out`)
    seen.set(column, heading)
  }
  if (!seen.has(IMPORT_COLUMNS[0])) mistakes.push(`${where}: there is no column with the device name; name it name or device_name`)
  return mistakes
}

const readRow = (values: RawRow, complain: (sentence: string) => void): ImportedFields => {
  let fields: ImportedFields = {}
  const headings = Object.keys(values).filter(heading => values[heading] !== '')
  const rank = (heading: string) => IMPORT_COLUMNS.indexOf(columnFor(heading)!)
  for (const heading of headings.filter(columnFor).sort((a, b) => rank(a) - rank(b))) {
    const column = columnFor(heading)
    const text = values[heading] ?? ''
    const read = column?.read(text)
    // What is wrong with an authentication string shall not show it.
    if (!read)
      complain(
        `${heading} must be ${column?.range}${column?.headings.includes('authstring') ? '' : `, got ${JSON.stringify(text)}`}`,
      )
    else fields = { ...fields, ...read }
  }
  return fields
}

/** Devices from rows: everything that is wrong with any of them is told at once. */
export const importRows = ({ columns, rows }: RawTable, { where }: { where: string }): Imported => {
  const mistakes = checkColumns(columns, where)
  const devices: NewDevice[] = []
  const seen = new Map<string, string>()
  for (const row of mistakes.length > 0 ? [] : rows) {
    const complain = (sentence: string) => mistakes.push(`${row.where}: ${sentence}`)
    const { name, ...fields } = readRow(row.values, complain)
    if (name === undefined) complain('there is no device name')
    else if (!isDeviceName(name))
      complain(`${JSON.stringify(name)} is not a device name: letters, digits, dot, dash, underscore, at most 128`)
    else {
      const before = seen.get(name.toLowerCase())
      if (before !== undefined) complain(`${name} stands at ${before} already`)
      seen.set(name.toLowerCase(), row.where)
      devices.push({ name, ...(fields.authString !== undefined && !fields.authMode ? { authMode: 'string' } : {}), ...fields })
    }
  }
  return { devices, mistakes, ignored: columns.filter(heading => !columnFor(heading)) }
}
