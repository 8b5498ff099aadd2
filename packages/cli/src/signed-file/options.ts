import { oneOf, optionalText, textList } from '@capfkit/codec/options'
import { MistakesError } from '../errors.ts'
import type { Io } from '../io.ts'

/** How a file is signed. */
export const SIGNING_OPTIONS = {
  digest: oneOf({
    default: 'sha1',
    values: ['sha1', 'sha512'],
    doc: 'Digest of the signature. Every phone knows sha1; sha512 is for phones of today.',
  }),
} as const

const TIME = /^(?:none|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)$/
const TIME_RANGE = 'an ISO date, or date and time, or none'

/** How a file is judged. */
export const JUDGING_OPTIONS = {
  signer: textList({
    doc: 'Whose signature is believed: a PEM or DER file with certificates, or a trust list for those who may sign in it.',
  }),
  at: optionalText({
    pattern: TIME,
    range: TIME_RANGE,
    doc: 'When: certificates are judged by this time. "none": dates do not matter, as for phones. Default: now.',
  }),
} as const

/** The time to judge by; nothing where dates do not matter. @throws {MistakesError} for a day that no calendar has. */
export const timeToJudgeBy = (at: string | undefined, io: Io): { at?: Date } => {
  if (at === undefined) return { at: io.now() }
  if (at === 'none') return {}
  const time = new Date(at)
  if (!Number.isNaN(time.getTime())) return { at: time }
  throw new MistakesError([`--at must be ${TIME_RANGE}, got ${JSON.stringify(at)} (CONFIG_OUT_OF_RANGE)`])
}
