import { readFileSync } from 'node:fs'
import { isDeviceName } from '@capfkit/codec/capf'
import { OptionError } from '@capfkit/codec/options'
import { type AuthMode, MODELS, type ModelName } from '@capfkit/phone'
import { type KeySpec, parseKeySpec } from '@capfkit/pki'
import { parse } from 'csv-parse/sync'
import type { FleetOptions } from './options.ts'
import { randomOf } from './random.ts'
import { parseWeights, pick, type Weights } from './weights.ts'

/** One phone of the fleet before it does anything: plain data, the same for the same seed. */
export type PhoneIdentity = {
  deviceName: string
  model: ModelName
  authMode: AuthMode
  /** From a CSV; otherwise strings are drawn from the seed for each round. */
  authString?: string
  /** PEM files with certificate and key, from a CSV. */
  micFile?: string
  lscFile?: string
  /** The key that is ordered for it. */
  key: KeySpec
}

export const AUTH_MODES = ['null', 'string', 'lsc', 'mic'] as const
export const MODEL_NAMES = Object.keys(MODELS) as ModelName[]
export const KEY_NAMES = ['rsa:512', 'rsa:1024', 'rsa:2048', 'rsa:3072', 'rsa:4096', 'ec:p256', 'ec:p384', 'ec:p521'] as const

type Mix = { auth: Weights<AuthMode>; models: Weights<ModelName>; keys: Weights<(typeof KEY_NAMES)[number]> }

const mixOf = (options: FleetOptions): Mix => ({
  auth: parseWeights('auth', { words: options.auth, known: AUTH_MODES }),
  models: parseWeights('models', { words: options.models, known: MODEL_NAMES }),
  keys: parseWeights('key', { words: options.key, known: KEY_NAMES }),
})

type CsvRow = Partial<Record<'name' | 'model' | 'auth' | 'authString' | 'mic' | 'lsc', string>>

const csvError = (sentence: string) => new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'csv', sentence }])

const readCsv = (file: string): CsvRow[] => {
  try {
    return parse(readFileSync(file), { columns: true, skip_empty_lines: true, trim: true, bom: true })
  } catch (error) {
    throw csvError(`csv ${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

const oneOf = <T extends string>(
  value: string | undefined,
  { known, fallback }: { known: readonly T[]; fallback: T },
): T | undefined => (value === undefined || value === '' ? fallback : known.find(candidate => candidate === value))

const fromCsv = (row: CsvRow, drawn: PhoneIdentity): PhoneIdentity | string => {
  const deviceName = row.name ?? ''
  if (!isDeviceName(deviceName)) return `${JSON.stringify(deviceName)} is not a device name`
  const model = oneOf(row.model, { known: MODEL_NAMES, fallback: drawn.model })
  if (!model) return `model ${JSON.stringify(row.model)} is not one of ${MODEL_NAMES.join(', ')}`
  const authMode = oneOf(row.auth, { known: AUTH_MODES, fallback: drawn.authMode })
  if (!authMode) return `auth ${JSON.stringify(row.auth)} is not one of ${AUTH_MODES.join(', ')}`
  return {
    ...drawn,
    deviceName,
    model,
    authMode,
    ...(row.authString ? { authString: row.authString } : {}),
    ...(row.mic ? { micFile: row.mic } : {}),
    ...(row.lsc ? { lscFile: row.lsc } : {}),
  }
}

const draw = (options: FleetOptions, { mix, index }: { mix: Mix; index: number }): PhoneIdentity => {
  const random = randomOf({ seed: options.seed, index, purpose: 'identity' })
  const mac = (BigInt(`0x${options.startMac}`) + BigInt(index)) & 0xffffffffffffn
  return {
    deviceName: `SEP${mac.toString(16).toUpperCase().padStart(12, '0')}`,
    authMode: pick(mix.auth, random()),
    model: pick(mix.models, random()),
    key: parseKeySpec(pick(mix.keys, random())),
  }
}

/**
 * The phones of a run, by index: drawn from the seed, or read from a CSV whose missing columns are drawn.
 *
 * @throws {OptionError} for wrong weights, and one that lists every bad line of the CSV.
 */
export const identitiesOf = (options: FleetOptions): { count: number; at(index: number): PhoneIdentity } => {
  const mix = mixOf(options)
  if (options.csv === undefined) return { count: options.phones, at: index => draw(options, { mix, index }) }
  const problems: string[] = []
  const seen = new Set<string>()
  const phones = readCsv(options.csv).map((row, index) => {
    const phone = fromCsv(row, draw(options, { mix, index }))
    const problem =
      typeof phone === 'string' ? phone : seen.has(phone.deviceName.toLowerCase()) ? `${phone.deviceName} stands twice` : ''
    if (problem) problems.push(`line ${index + 2}: ${problem}`)
    else seen.add((phone as PhoneIdentity).deviceName.toLowerCase())
    return phone as PhoneIdentity
  })
  if (phones.length === 0) problems.push('there is no phone in it; the first line must name the columns, name among them')
  if (problems.length > 0) throw csvError(`csv ${options.csv}: ${problems.slice(0, 20).join('; ')}`)
  return { count: phones.length, at: index => phones[index]! }
}

/** The authentication string that this phone has in this round: one-time strings differ from round to round. */
export const authStringOf = (place: { seed: number; index: number; round: number }): string =>
  String(Math.floor(randomOf({ ...place, purpose: 'authString' })() * 1e8)).padStart(8, '0')
