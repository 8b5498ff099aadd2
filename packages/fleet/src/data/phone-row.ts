import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { isDeviceName } from '@capfkit/codec/capf'
import { OptionError } from '@capfkit/codec/options'
import { formatKeySpec, parseKeySpec } from '@capfkit/pki'
import type { PhoneIdentity } from '../identity.ts'
import { AUTH_MODES, KEY_NAMES, MODEL_NAMES } from '../mix.ts'

/** What a list of phones says of one; what it leaves out is drawn from the seed. */
export type ListedPhone = Pick<PhoneIdentity, 'deviceName'> & Partial<PhoneIdentity>

const known =
  (names: readonly string[]) =>
  (text: string): string | undefined =>
    names.includes(text) ? undefined : `is not one of ${names.join(', ')}`

type Column = {
  /** What is wrong with a value; the sentence goes on behind column and value. */
  readonly wrong?: (text: string) => string | undefined
  read(text: string): Partial<PhoneIdentity>
  write(phone: ListedPhone): string | undefined
}

/** The columns of a list of phones: readers and the writer walk this. A value that is empty says nothing. */
export const PHONE_COLUMNS = {
  name: {
    read: deviceName => ({ deviceName }),
    write: ({ deviceName }) => deviceName,
  },
  model: {
    wrong: known(MODEL_NAMES),
    read: text => ({ model: text as PhoneIdentity['model'] }),
    write: ({ model }) => model,
  },
  auth: {
    wrong: known(AUTH_MODES),
    read: text => ({ authMode: text as PhoneIdentity['authMode'] }),
    write: ({ authMode }) => authMode,
  },
  authString: { read: authString => ({ authString }), write: ({ authString }) => authString },
  key: {
    wrong: known(KEY_NAMES),
    read: text => ({ key: parseKeySpec(text) }),
    write: ({ key }) => key && formatKeySpec(key),
  },
  mic: { read: micFile => ({ micFile }), write: ({ micFile }) => micFile },
  lsc: { read: lscFile => ({ lscFile }), write: ({ lscFile }) => lscFile },
} as const satisfies Record<string, Column>

export type PhoneColumn = keyof typeof PHONE_COLUMNS
export type PhoneRow = Partial<Record<PhoneColumn, string>>

const NAMES = Object.keys(PHONE_COLUMNS) as PhoneColumn[]

/** Columns are known in any case of letters; others are somebody else's. */
export const columnOf = (head: string): PhoneColumn | undefined => NAMES.find(column => column.toLowerCase() === head.toLowerCase())

/** The phone of one row, or what is wrong with it. */
const phoneOf = (row: PhoneRow): ListedPhone | string => {
  const { name = '' } = row
  if (!isDeviceName(name)) return `${JSON.stringify(name)} is not a device name`
  let phone: ListedPhone = { deviceName: name }
  for (const column of NAMES) {
    const { wrong, read }: Column = PHONE_COLUMNS[column]
    const text = row[column]
    if (!text) continue
    const sentence = wrong?.(text)
    if (sentence !== undefined) return `${column} ${JSON.stringify(text)} ${sentence}`
    phone = { ...phone, ...read(text) }
  }
  return phone
}

/** A message with more lines than this is not read. */
const MOST_PROBLEMS = 20

/** The options that name a list of phones. */
export type ListOption = 'csv' | 'jsonl'

export const listError = (option: ListOption, sentence: string) =>
  new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: option, sentence: `${option} ${sentence}` }])

/** One row of a list, or what is wrong with it, and where it stands. */
export type ListedRow = { readonly line: number; readonly row: PhoneRow | string }

/**
 * The phones of a list, each of them once.
 *
 * @throws {OptionError} `CONFIG_OUT_OF_RANGE` that lists every bad line, the first 20 of them.
 */
export const phonesOf = (rows: readonly ListedRow[], { option, file }: { option: ListOption; file: string }): ListedPhone[] => {
  if (rows.length === 0) throw listError(option, `${file}: there is no phone in it`)
  const problems: string[] = []
  const lineOf = new Map<string, number>()
  const phones: ListedPhone[] = []
  for (const { line, row } of rows) {
    const phone = typeof row === 'string' ? row : phoneOf(row)
    const earlier = typeof phone === 'string' ? undefined : lineOf.get(phone.deviceName.toLowerCase())
    if (typeof phone === 'string') problems.push(`line ${line}: ${phone}`)
    else if (earlier !== undefined) problems.push(`line ${line}: ${phone.deviceName} stands in line ${earlier} already`)
    else {
      lineOf.set(phone.deviceName.toLowerCase(), line)
      phones.push(phone)
    }
  }
  const more = problems.length - MOST_PROBLEMS
  const rest = more > 0 ? `; and ${more} lines more` : ''
  if (problems.length > 0) throw listError(option, `${file}: ${problems.slice(0, MOST_PROBLEMS).join('; ')}${rest}`)
  return phones
}

/** A list of ten million phones has less. */
const MOST_BYTES = 1_073_741_824

/** The bytes of a list. @throws {OptionError} */
export const readList = (option: ListOption, file: string): Buffer => {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      if (size > MOST_BYTES) throw new Error(`${size} bytes are more than ${MOST_BYTES}`)
      return readFileSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    throw listError(option, `${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}
