import { MAX_CONFIG_BYTES } from '@capfkit/codec/config'
import { PHONE_LIMIT_BYTES } from '@capfkit/codec/tlv'
import type { TrustListKind } from '../models.ts'

/** What a step came to. */
export const BOOT_EVENTS = {
  ok: 'it is done',
  skipped: 'this phone does not do that, or has no reason to',
  missing: 'the server has no such file',
  failed: 'it failed; the phone goes on with what it has',
  deadEnd: 'no file server can be reached at all',
  encrypted: 'the configuration says that the whole one is encrypted',
  locked: 'the encrypted configuration cannot be opened',
  lscChanged: 'CAPF installed or deleted an LSC',
} as const

export type BootEvent = keyof typeof BOOT_EVENTS

/** The header in front of a signed file is at most this long. */
const HEADER_BYTES = 65_535

type FileRow = {
  /** `{device}` is the name of the phone. */
  readonly name: string
  readonly maxBytes: number
  /** Asked for with `.sgn` behind it, once there is somebody who may sign it. */
  readonly signable?: true
}

/** The files of a boot [BOOT-1.2]; those of the model come behind them. */
export const BOOT_FILES = {
  ctl: { name: 'CTL{device}.tlv', maxBytes: PHONE_LIMIT_BYTES },
  itl: { name: 'ITL{device}.tlv', maxBytes: PHONE_LIMIT_BYTES },
  itlFile: { name: 'ITLFile.tlv', maxBytes: PHONE_LIMIT_BYTES },
  config: { name: '{device}.cnf.xml', maxBytes: MAX_CONFIG_BYTES + HEADER_BYTES, signable: true },
  encryptedConfig: { name: '{device}.cnf.xml.enc.sgn', maxBytes: MAX_CONFIG_BYTES + HEADER_BYTES },
  defaultConfig: { name: 'XMLDefault.cnf.xml', maxBytes: MAX_CONFIG_BYTES + HEADER_BYTES, signable: true },
} as const satisfies Record<string, FileRow>

export type BootFile = keyof typeof BOOT_FILES

/** What the runner does in a step; `boot.ts` has one function for each. */
export type BootAction =
  | { readonly do: 'takeList'; readonly file: BootFile; readonly list: TrustListKind }
  | { readonly do: 'takeConfig'; readonly file: BootFile }
  | { readonly do: 'findServer' | 'findTvs' | 'askFurther' | 'contactCapf' }

type StepRow = {
  readonly action: BootAction
  /** The next step by what this one came to; `end` is the end. What is not here cannot happen, or is a dead end. */
  readonly next: Partial<Record<BootEvent, string>>
}

const always = (next: string) => ({ ok: next, skipped: next, missing: next, failed: next })

/** The whole boot as data [BOOT-1.1]. */
export const BOOT_STEPS = {
  server: { action: { do: 'findServer' }, next: { ok: 'ctl' } },
  ctl: { action: { do: 'takeList', file: 'ctl', list: 'CTL' }, next: always('itl') },
  itl: { action: { do: 'takeList', file: 'itl', list: 'ITL' }, next: { ...always('config'), missing: 'itlFile' } },
  itlFile: { action: { do: 'takeList', file: 'itlFile', list: 'ITL' }, next: always('config') },
  config: {
    action: { do: 'takeConfig', file: 'config' },
    next: { ok: 'tvs', encrypted: 'encryptedConfig', missing: 'defaultConfig', failed: 'end' },
  },
  encryptedConfig: {
    action: { do: 'takeConfig', file: 'encryptedConfig' },
    next: { ...always('tvs'), encrypted: 'tvs', locked: 'tvs' },
  },
  defaultConfig: {
    action: { do: 'takeConfig', file: 'defaultConfig' },
    next: { ok: 'tvs', encrypted: 'tvs', missing: 'end', failed: 'end' },
  },
  tvs: { action: { do: 'findTvs' }, next: always('further') },
  further: { action: { do: 'askFurther' }, next: always('capf') },
  capf: { action: { do: 'contactCapf' }, next: { ...always('end'), lscChanged: 'configAgain' } },
  configAgain: {
    action: { do: 'takeConfig', file: 'config' },
    next: { ...always('end'), encrypted: 'encryptedAgain' },
  },
  encryptedAgain: {
    action: { do: 'takeConfig', file: 'encryptedConfig' },
    next: { ...always('end'), encrypted: 'end', locked: 'end' },
  },
} as const satisfies Record<string, StepRow>

export type BootStepName = keyof typeof BOOT_STEPS
export const FIRST_STEP: BootStepName = 'server'

/** Where a boot goes from a step by what it came to; `undefined`: it is over. */
export const nextStep = (step: BootStepName, event: BootEvent): BootStepName | undefined => {
  const { next }: StepRow = BOOT_STEPS[step]
  const name = next[event] ?? 'end'
  return name === 'end' ? undefined : (name as BootStepName)
}
