import { CERT_STATUSES } from '@capfkit/server'
import { ExpiryDays } from './expiry-days.ts'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** What a column is, by its headings without case and punctuation: those of CUCM's `device` table, of its pages, and ours. */
const COLUMNS = {
  name: ['name', 'devicename'],
  status: ['tkcertificatestatus', 'certificatestatus', 'status', 'certificateoperationstatus'],
  operation: ['tkcertificateoperation', 'certificateoperation', 'operation'],
  authMode: ['tkauthenticationmode', 'authenticationmode', 'auth', 'authmode'],
  lscEnds: ['lscvaliduntil', 'lscnotafter', 'lscexpires'],
  model: ['tkmodel', 'model', 'devicetype'],
} as const satisfies Record<string, readonly string[]>

type Column = keyof typeof COLUMNS

const simple = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')

const columnOf = (heading: string): Column | undefined =>
  (Object.keys(COLUMNS) as Column[]).find(column => (COLUMNS[column] as readonly string[]).includes(simple(heading)))

const MAX_CELLS = 256

/** One line of CSV (RFC 4180) without line ends inside of quotes. */
const csvCells = (line: string): string[] => {
  const cells: string[] = []
  let rest = line
  while (cells.length < MAX_CELLS) {
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest)
    const end = rest.indexOf(',')
    if (quoted) cells.push(quoted[1]!.replaceAll('""', '"'))
    else cells.push(end < 0 ? rest : rest.slice(0, end))
    const used = quoted ? quoted[0].length : end < 0 ? rest.length : end + 1
    const isLast = quoted ? quoted[2] === '' : end < 0
    if (isLast) return cells
    rest = rest.slice(used)
  }
  return cells
}

/** The line of `run sql` under its headings, `=====  ====`: where each column begins. */
const RULE = /^\s*=+(?:\s+=+)*\s*$/

const statusNumber = (text: string): number | undefined => {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  // Pages of some releases say Late/Timedout.
  const wanted = simple(text).replace(/timedout$/, 'timeout')
  if (wanted === '') return undefined
  const found = CERT_STATUSES.findIndex(({ text: words, name }) => simple(words) === wanted || simple(name) === wanted)
  return found < 1 ? undefined : found
}

/** Numbers of modes, for our own words. */
const AUTH_MODES: Readonly<Record<string, string>> = { string: '1', null: '2', lsc: '3', mic: '4' }

type Layout = { readonly columns: readonly (Column | undefined)[]; cells(line: string): string[] }

/** Statuses that are no failure: none, pending, and the successes. */
const LAST_GOOD = 5
const SECOND_MS = 1_000

/** The end of an LSC: seconds since 1970 in CUCM's table, a date in ours; 0 where there is none. */
const endOf = (text: string): number | undefined => {
  const at = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text)
  return Number.isNaN(at) || at === 0 ? undefined : at
}

const open = (witness: Witness): LineReader => {
  let layout: Layout | undefined
  let heading = ''
  const wave = new ExpiryDays(witness)
  const row = (cells: readonly string[], { line, text }: { line: number; text: string }) => {
    const cell = (column: Column) => (layout?.columns.includes(column) ? (cells[layout.columns.indexOf(column)] ?? '').trim() : '')
    const device = cell('name')
    const number = statusNumber(cell('status'))
    if (device === '' || /\s/.test(device)) return
    const ends = endOf(cell('lscEnds'))
    if (ends !== undefined) wave.add(ends, { line, text })
    if (number === undefined || number <= LAST_GOOD) return
    const authMode = AUTH_MODES[cell('authMode')] ?? cell('authMode')
    witness.sight({ clue: 'outcome', line, text, device, values: { number: String(number), authMode } })
  }
  return {
    line(text, line) {
      const columns = csvCells(text).map(columnOf)
      if (columns.includes('name') && (columns.includes('status') || columns.includes('lscEnds')))
        layout = { columns, cells: csvCells }
      else if (RULE.test(text)) {
        const starts = [...text.matchAll(/=+/g)].map(({ index }) => index)
        const cut = (of: string) => starts.map((start, index) => of.slice(start, starts[index + 1]))
        layout = { columns: cut(heading).map(columnOf), cells: cut }
      } else if (layout) row(layout.cells(text), { line, text })
      heading = text
    },
    end: () => wave.end(),
  }
}

const CSV_HEADING = /^"?(?:device ?_?)?name"?,/i

export const deviceTable: SourceKind = {
  kind: 'device-table',
  doc: 'rows of the device table: run sql select … from device, or CSV',
  dating: 'time',
  recognises: line => RULE.test(line) || CSV_HEADING.test(line) || /^\s*name\s+tk\w+/i.test(line),
  open,
}
