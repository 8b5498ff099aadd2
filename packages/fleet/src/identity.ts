import { type AuthMode, MODELS, type ModelName } from '@capfkit/phone'
import { formatKeySpec, type KeySpec, parseKeySpec } from '@capfkit/pki'
import { readCsvPhones } from './csv-phones.ts'
import { type Mix, mixOf } from './mix.ts'
import type { FleetOptions } from './options.ts'
import { randomOf } from './random.ts'
import { pick } from './weights.ts'

/** One phone of the fleet before it does anything: plain data, the same for the same seed. */
export type PhoneIdentity = {
  deviceName: string
  model: ModelName
  authMode: AuthMode
  /** From a list; otherwise strings are drawn from the seed for each round. */
  authString?: string
  /** PEM files with certificate and key, from a list. */
  micFile?: string
  lscFile?: string
  /** The key that is ordered for it. */
  key: KeySpec
}

/** The phones of a run, by index. */
export type Identities = { count: number; at(index: number): PhoneIdentity }

/** The kind of key in every MIC that the fleet makes. */
export const MIC_KEY = { type: 'rsa', bits: 2048 } as const satisfies KeySpec

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
export const identitiesOf = (options: FleetOptions): Identities => {
  const mix = mixOf(options)
  if (options.csv === undefined) return { count: options.phones, at: index => draw(options, { mix, index }) }
  const phones = readCsvPhones(options.csv)
  return { count: phones.length, at: index => ({ ...draw(options, { mix, index }), ...phones[index]! }) }
}

/** A phone that authenticates by certificate needs one before it has an LSC; some models have none. */
export const needsMic = ({ micFile, authMode, model }: Omit<PhoneIdentity, 'key'>): boolean =>
  micFile === undefined && (authMode === 'lsc' || authMode === 'mic') && MODELS[model].hasMic

/** Every kind of key that phones of this run may need, for an enrolment or for a MIC. */
export const keyKinds = (options: FleetOptions): ReadonlySet<string> => {
  const { auth, models, keys } = mixOf(options)
  const some = <T extends string>(weights: readonly { name: T; weight: number }[]) =>
    weights.flatMap(({ name, weight }) => (weight > 0 ? [name] : []))
  const ordered = new Set<string>(some(keys))
  const drawn = some(auth).flatMap(authMode => some(models).map(model => ({ deviceName: '', authMode, model })))
  const { count, at }: { count: number; at(index: number): Omit<PhoneIdentity, 'key'> & Partial<Pick<PhoneIdentity, 'key'>> } =
    options.csv === undefined ? { count: drawn.length, at: (index: number) => drawn[index]! } : identitiesOf(options)
  for (let index = 0; index < count; index++) {
    const { key, ...phone } = at(index)
    if (key) ordered.add(formatKeySpec(key))
    if (needsMic(phone)) ordered.add(formatKeySpec(MIC_KEY))
  }
  return ordered
}

/** The authentication string that this phone has in this round: one-time strings differ from round to round. */
export const authStringOf = (place: { seed: number; index: number; round: number; lap?: number }): string =>
  String(Math.floor(randomOf({ ...place, purpose: 'authString' })() * 1e8)).padStart(8, '0')
