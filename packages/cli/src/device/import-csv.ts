import { CliError } from '../errors.ts'
import type { RawTable } from './import-rows.ts'

type Parsed = { record: string[]; info: { lines: number } }

/** A CSV with a heading line; comma, semicolon or tab between values. @throws {CliError} `CLI_IMPORT_REFUSED` with the line. */
export const readCsv = async (bytes: Buffer, file: string): Promise<RawTable> => {
  const { parse } = await import('csv-parse/sync')
  const firstLine = bytes.toString('utf8', 0, Math.min(bytes.length, 65_536)).split('\n', 1)[0] ?? ''
  const delimiter = [',', ';', '\t'].find(mark => firstLine.includes(mark)) ?? ','
  let parsed: Parsed[]
  try {
    parsed = parse(bytes, {
      bom: true,
      delimiter,
      info: true,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      comment: '#',
      comment_no_infix: true,
    }) as unknown as Parsed[]
  } catch (cause) {
    const line = (cause as { lines?: number }).lines
    const where = line === undefined ? file : `${file}:${line}`
    throw new CliError('CLI_IMPORT_REFUSED', { where, detail: cause instanceof Error ? cause.message : String(cause), cause })
  }
  const [head, ...rows] = parsed
  if (!head)
    throw new CliError('CLI_IMPORT_REFUSED', {
      where: file,
      detail: 'there is no heading line',
      remedy: 'begin with a line such as name,operation,auth',
    })
  const columns = head.record
  return {
    columns,
    rows: rows.map(({ record, info }) => ({
      where: `${file}:${info.lines}`,
      values: Object.fromEntries(columns.map((heading, index) => [heading, record[index] ?? ''])),
    })),
  }
}
