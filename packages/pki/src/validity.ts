import { PkiError } from './errors.ts'
import type { Profile } from './profiles.ts'

export const DAY_MS = 86_400_000

/** Whole days that the profile allows. @throws {PkiError} `PKI_BAD_VALIDITY`, naming the range and what it got. */
export const validDays = (profile: Profile, days: number = profile.defaultDays): number => {
  if (Number.isInteger(days) && days >= 1 && days <= profile.maxDays) return days
  throw new PkiError('PKI_BAD_VALIDITY', { where: `days must be 1..${profile.maxDays}, got ${days}` })
}

/** Certificates count whole seconds. */
export const wholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000)
