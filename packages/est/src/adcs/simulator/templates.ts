import { AdcsError } from '../errors.ts'

/** What the CA does with a request for a template. */
export const POLICIES = {
  issue: 'signs at once',
  pend: 'takes it under submission until an officer decides',
  deny: 'denies it: the user has no right to enrol',
} as const

export type TemplatePolicy = keyof typeof POLICIES

/** Profiles of what is issued, by what a template allows its keys. */
export const USAGES = { fit: 'lsc', unfit: 'unfitLsc' } as const

export type AdcsTemplate = {
  /** The `cn`, which requests name. */
  readonly name: string
  /** What people read. Default: the name. */
  readonly displayName?: string
  readonly policy?: TemplatePolicy
  /** Smallest RSA key. Default 1024. */
  readonly minBits?: number
  /** `unfit` lacks digitalSignature and keyEncipherment. Default `fit`. */
  readonly usage?: keyof typeof USAGES
  /** How long the CA thinks before it answers. Default 0. */
  readonly delayMs?: number
}

const NAME = /^[^\p{Cc}=;,/]{1,64}$/u
const whole = (text: string, most: number) => (/^\d{1,9}$/.test(text) && Number(text) <= most ? Number(text) : undefined)

/** Settings behind the policy, `name:value`. */
const SETTINGS: Readonly<Record<string, (text: string) => Partial<AdcsTemplate> | undefined>> = {
  min: text => {
    const minBits = whole(text, 16_384)
    return minBits === undefined ? undefined : { minBits }
  },
  usage: text => (Object.hasOwn(USAGES, text) ? { usage: text as keyof typeof USAGES } : undefined),
  delay: text => {
    const delayMs = whole(text, 86_400_000)
    return delayMs === undefined ? undefined : { delayMs }
  },
  display: text => (NAME.test(text) ? { displayName: text } : undefined),
}

/**
 * `NAME`, or `NAME=issue|pend|deny` with `/min:BITS`, `/usage:unfit`, `/delay:MS`, `/display:TEXT` behind it, in any order. No
 * commas: a list in an environment variable has them between its parts.
 *
 * @throws {AdcsError} `ADCS_TEMPLATE_SYNTAX`
 */
export const parseTemplate = (text: string): AdcsTemplate => {
  const [name = '', rest = 'issue'] = text.split(/=(.*)/s, 2)
  const [policy = '', ...settings] = rest.split('/')
  const read = settings.map(setting => {
    const [key = '', value = ''] = setting.split(/:(.*)/s, 2)
    return Object.hasOwn(SETTINGS, key) ? SETTINGS[key]?.(value) : undefined
  })
  if (!NAME.test(name) || !Object.hasOwn(POLICIES, policy) || read.includes(undefined))
    throw new AdcsError('ADCS_TEMPLATE_SYNTAX', `--template ${JSON.stringify(text)}`)
  return Object.assign({ name, policy: policy as TemplatePolicy }, ...read)
}
