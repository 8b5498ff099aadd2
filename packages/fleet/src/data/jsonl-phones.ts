import { columnOf, type ListedPhone, type ListedRow, type PhoneColumn, type PhoneRow, phonesOf, readList } from './phone-row.ts'

const LINE_FEED = 0x0a
/** A phone has some hundred. */
const MOST_LINE_BYTES = 65_536

/** One object as a row; keys that are no columns are somebody else's. */
const rowOf = (text: string): PhoneRow | string => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : error})`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object'
  const row: Partial<Record<PhoneColumn, string>> = {}
  for (const [key, inner] of Object.entries(value)) {
    const column = columnOf(key)
    if (column === undefined || inner === null) continue
    if (typeof inner !== 'string' && typeof inner !== 'number') return `${column} is neither text nor a number`
    row[column] = String(inner).trim()
  }
  return row
}

function* linesOf(bytes: Buffer): Iterable<ListedRow> {
  let line = 0
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, from)
    const to = end === -1 ? bytes.length : end
    line++
    if (to - from > MOST_LINE_BYTES) yield { line, row: `it is longer than ${MOST_LINE_BYTES} bytes` }
    else {
      const text = bytes
        .toString('utf8', from, to)
        .replace(/^\ufeff/, '')
        .trim()
      if (text !== '') yield { line, row: rowOf(text) }
    }
    from = to + 1
  }
}

/**
 * The phones of JSON Lines: an object a line, with the columns of the CSV as keys.
 *
 * @throws {OptionError} `CONFIG_OUT_OF_RANGE` that lists every bad line, the first 20 of them.
 */
export const readJsonlPhones = (file: string): ListedPhone[] =>
  phonesOf([...linesOf(readList('jsonl', file))], { option: 'jsonl', file })
