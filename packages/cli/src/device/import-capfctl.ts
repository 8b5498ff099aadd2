import { DatabaseSync } from 'node:sqlite'
import { CliError } from '../errors.ts'
import type { RawTable } from './import-rows.ts'

const MAGIC = Buffer.from('SQLite format 3\0')

export const isSqlite = (bytes: Buffer): boolean => bytes.subarray(0, MAGIC.length).equals(MAGIC)

const TABLE = 'devices'

const textOf = (value: unknown) => (value === null || value instanceof Uint8Array ? '' : String(value))

/**
 * The table of the open `capfctl` tool. Known are `device_name`, `operation`, `authentication` and `key_size`; whichever
 * further columns its version has are read by what their names say, or left out and named.
 *
 * @throws {CliError} `CLI_IMPORT_REFUSED` when the file is another database.
 */
export const readCapfctl = (file: string): RawTable => {
  const refuse = (detail: string, cause?: unknown) =>
    new CliError('CLI_IMPORT_REFUSED', { where: file, detail, remedy: 'name a CSV file or the database of capfctl', cause })
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    const columns = database
      .prepare(`PRAGMA table_info(${TABLE})`)
      .all()
      .map(({ name }) => String(name))
    if (columns.length === 0) throw refuse(`there is no table "${TABLE}" in this SQLite file`)
    const rows = database.prepare(`SELECT * FROM ${TABLE}`).all()
    return {
      columns,
      rows: rows.map(row => ({
        where: `${file}: ${textOf(row.device_name) || 'a row without device_name'}`,
        values: Object.fromEntries(columns.map(name => [name, textOf(row[name])])),
      })),
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    database?.close()
  }
}
