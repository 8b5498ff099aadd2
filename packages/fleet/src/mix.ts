import { type AuthMode, MODELS, type ModelName } from '@capfkit/phone'
import { formatKeySpec, keySpecs } from '@capfkit/pki'
import type { FleetOptions } from './options.ts'
import { parseWeights, type Weights } from './weights.ts'

export const AUTH_MODES = ['null', 'string', 'lsc', 'mic'] as const
export const MODEL_NAMES = Object.keys(MODELS) as ModelName[]
/** `rsa:512` … `rsa:4096`, `ec:p256`, `ec:p384`, `ec:p521`. */
export const KEY_NAMES: readonly string[] = keySpecs().map(formatKeySpec)

/** What the phones of a fleet are drawn from. */
export type Mix = { auth: Weights<AuthMode>; models: Weights<ModelName>; keys: Weights<string> }

/** Each part of the mix by itself, so that a mistake in one does not hide those in the others. @throws {OptionError} */
export const MIX = {
  auth: ({ auth }) => parseWeights('auth', { words: auth, known: AUTH_MODES }),
  models: ({ models }) => parseWeights('models', { words: models, known: MODEL_NAMES }),
  keys: ({ key }) => parseWeights('key', { words: key, known: KEY_NAMES }),
} as const satisfies { [K in keyof Mix]: (options: FleetOptions) => Mix[K] }

/** @throws {OptionError} for the first part that is wrong. */
export const mixOf = (options: FleetOptions): Mix => ({
  auth: MIX.auth(options),
  models: MIX.models(options),
  keys: MIX.keys(options),
})
