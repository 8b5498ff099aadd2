import { readFileSync } from 'node:fs'
import { isDeviceName } from '@capfkit/codec/capf'
import { OptionError } from '@capfkit/codec/options'
import { parse } from 'csv-parse/sync'
import type { PhoneIdentity } from './identity.ts'
import { AUTH_MODES, MODEL_NAMES } from './mix.ts'

/** What a line of the CSV says of a phone; what it leaves out is drawn from the seed. */
export type CsvPhone = Pick<PhoneIdentity, 'deviceName'> & Partial<PhoneIdentity>

const COLUMNS = ['name', 'model', 'auth', 'authString', 'mic', 'lsc'] as const
type Row = Partial<Record<(typeof COLUMNS)[number], string>>
type Line = { record: Row; info: { lines: number } }

/** A message with more lines than this is not read. */
const MOST_PROBLEMS = 20

const csvError = (sentence: string) => new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'csv', sentence }])

/** Columns are known in any case of letters; others are somebody else's. */
const columnOf = (head: string) => COLUMNS.find(column => column.toLowerCase() === head.toLowerCase()) ?? head

const readLines = (file: string): { lines: Line[]; heads: readonly string[] } => {
  let heads: readonly string[] = []
  const columns = (given: string[]) => {
    heads = given.map(columnOf)
    return [...heads]
  }
  try {
    const text = readFileSync(file)
    const how = { skip_empty_lines: true, trim: true, bom: true, relax_column_count: true, info: true } as const
    return { lines: parse(text, { ...how, columns }) as unknown as Line[], heads }
  } catch (error) {
    throw csvError(`csv ${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

const unknown = (what: 'model' | 'auth', { got, known }: { got: string; known: readonly string[] }) =>
  `${what} ${JSON.stringify(got)} is not one of ${known.join(', ')}`

/** The phone of one line, or what is wrong with it. */
const phoneOf = ({ name = '', model, auth, authString, mic, lsc }: Row): CsvPhone | string => {
  const [modelName, authMode] = [MODEL_NAMES.find(known => known === model), AUTH_MODES.find(known => known === auth)]
  if (!isDeviceName(name)) return `${JSON.stringify(name)} is not a device name`
  if (model && !modelName) return unknown('model', { got: model, known: MODEL_NAMES })
  if (auth && !authMode) return unknown('auth', { got: auth, known: AUTH_MODES })
  return {
    deviceName: name,
    ...(modelName ? { model: modelName } : {}),
    ...(authMode ? { authMode } : {}),
    ...(authString ? { authString } : {}),
    ...(mic ? { micFile: mic } : {}),
    ...(lsc ? { lscFile: lsc } : {}),
  }
}

/**
 * The phones of a CSV whose first line names the columns: name, and optionally model, auth, authString, mic, lsc.
 *
 * @throws {OptionError} `CONFIG_OUT_OF_RANGE` that lists every bad line, the first 20 of them.
 */
export const readCsvPhones = (file: string): CsvPhone[] => {
  const { lines, heads } = readLines(file)
  if (!heads.includes('name')) throw csvError(`csv ${file}: the first line must name the columns, name among them`)
  if (lines.length === 0) throw csvError(`csv ${file}: there is no phone in it`)
  const problems: string[] = []
  const lineOf = new Map<string, number>()
  const phones: CsvPhone[] = []
  for (const { record, info } of lines) {
    const phone = phoneOf(record)
    const earlier = typeof phone === 'string' ? undefined : lineOf.get(phone.deviceName.toLowerCase())
    if (typeof phone === 'string') problems.push(`line ${info.lines}: ${phone}`)
    else if (earlier !== undefined) problems.push(`line ${info.lines}: ${phone.deviceName} stands in line ${earlier} already`)
    else {
      lineOf.set(phone.deviceName.toLowerCase(), info.lines)
      phones.push(phone)
    }
  }
  const more = problems.length - MOST_PROBLEMS
  if (problems.length > 0)
    throw csvError(`csv ${file}: ${problems.slice(0, MOST_PROBLEMS).join('; ')}${more > 0 ? `; and ${more} lines more` : ''}`)
  return phones
}
