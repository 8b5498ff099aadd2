import { parse } from 'csv-parse/sync'
import {
  columnOf,
  type ListedPhone,
  type ListedRow,
  listError,
  PHONE_COLUMNS,
  type PhoneColumn,
  type PhoneRow,
  phonesOf,
  readList,
} from './data/phone-row.ts'

type Line = { record: PhoneRow; info: { lines: number } }

const HOW = { skip_empty_lines: true, trim: true, bom: true, relax_column_count: true, info: true } as const

const readLines = (file: string): { lines: Line[]; heads: readonly string[] } => {
  const bytes = readList('csv', file)
  let heads: readonly string[] = []
  const columns = (given: string[]) => {
    heads = given.map(head => columnOf(head) ?? head)
    return [...heads]
  }
  try {
    return { lines: parse(bytes, { ...HOW, columns }) as unknown as Line[], heads }
  } catch (error) {
    throw listError('csv', `${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * The phones of a CSV whose first line names the columns: name, and optionally the others of {@link PHONE_COLUMNS}.
 *
 * @throws {OptionError} `CONFIG_OUT_OF_RANGE` that lists every bad line, the first 20 of them.
 */
export const readCsvPhones = (file: string): ListedPhone[] => {
  const { lines, heads } = readLines(file)
  if (!heads.includes('name')) throw listError('csv', `${file}: the first line must name the columns, name among them`)
  const rows = lines.map(({ record, info }): ListedRow => ({ line: info.lines, row: record }))
  return phonesOf(rows, { option: 'csv', file })
}

const cell = (text = '') => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** As {@link readCsvPhones} reads them. */
export const formatCsvPhones = (phones: readonly ListedPhone[]): string => {
  const columns = Object.entries(PHONE_COLUMNS) as [PhoneColumn, { write(phone: ListedPhone): string | undefined }][]
  const rows = phones.map(phone => columns.map(([, { write }]) => write(phone)))
  return [columns.map(([name]) => name), ...rows].map(cells => `${cells.map(cell).join(',')}\n`).join('')
}
