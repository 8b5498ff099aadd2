import Table from 'cli-table3'
import { columnsOf, type Io, painter } from './io.ts'

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const

/** Text from a store or a network on one line, without control characters that could steer a terminal. */
export const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')

export type ScreenTable = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The column that is broken into lines where the terminal is too narrow. */
  readonly flexible?: number
}

/** The library's time grows with the square of the rows. */
const SLICE_ROWS = 100

const widest = (title: string, cells: Iterable<string>) => {
  let width = title.length
  for (const cell of cells) width = Math.max(width, cell.length)
  return width
}

/** Rows under headings, without lines; a column that is empty in every row is left out. Too wide for the terminal, one column wraps. */
export const screenTable = (io: Io, { head, rows, flexible }: ScreenTable): string => {
  const used = head.map((_, index) => rows.length === 0 || rows.some(row => row[index] !== ''))
  const keep = <T>(cells: readonly T[]) => cells.filter((_, index) => used[index])
  const paint = painter(io.stdout, io)
  const widths = head.map((title, index) =>
    widest(
      title,
      rows.map(row => row[index] ?? ''),
    ),
  )
  const over = keep(widths).reduce((sum, width) => sum + width + 2, -2) - columnsOf(io.stdout)
  if (io.stdout.isTTY && flexible !== undefined && over > 0) widths[flexible] = Math.max(12, widths[flexible]! - over)
  const lines: string[] = []
  for (let first = 0; first === 0 || first < rows.length; first += SLICE_ROWS) {
    const table = new Table({
      chars: NO_LINES,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
      colWidths: keep(widths),
      wordWrap: true,
      ...(first === 0 ? { head: keep(head).map(title => paint('bold', title)) } : {}),
    })
    table.push(...rows.slice(first, first + SLICE_ROWS).map(row => [...keep(row)]))
    lines.push(...table.toString().split('\n'))
  }
  return lines.map(line => line.trimEnd()).join('\n')
}
