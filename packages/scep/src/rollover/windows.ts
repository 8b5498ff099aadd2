import { MOST_OVERLAP_DAYS } from './statements.ts'

export const DAY_MS = 86_400_000

/** What decides when an IOS PKI rolls over; lifetimes in days, fractions allowed. */
export type RolloverTimers = {
  readonly caDays: number
  readonly certificateDays: number
  /** `undefined`: no auto-rollover, so nobody makes the next CA certificate. */
  readonly overlapDays: number | undefined
  readonly renewPercent: number
}

/** One client, in ms since the CA certificate began. */
export type LastCertificate = {
  /** When the certificate was issued that ends with the CA certificate. */
  readonly issuedMs: number
  /** When its owner asks for the next CA certificate. */
  readonly asksMs: number
}

/**
 * The certificate of a client that is cut short by the end of the CA certificate: until then a client renews with the same CA, and
 * with this one it asks for the next (technote 116094, and the document about the failure).
 */
export const lastCertificate = ({ caDays, certificateDays, renewPercent }: RolloverTimers, enrolledMs: number): LastCertificate => {
  const [caMs, certificateMs] = [caDays * DAY_MS, certificateDays * DAY_MS]
  const everyMs = (certificateMs * renewPercent) / 100
  const renewals = Math.max(0, Math.ceil((caMs - certificateMs - enrolledMs) / everyMs))
  const issuedMs = enrolledMs + renewals * everyMs
  return { issuedMs, asksMs: issuedMs + ((caMs - issuedMs) * renewPercent) / 100 }
}

/** The day on which a client must have enrolled to ask as early as any can: its last certificate has its whole life. */
export const worstDay = ({ caDays, certificateDays }: Pick<RolloverTimers, 'caDays' | 'certificateDays'>): number =>
  Math.max(0, caDays - certificateDays)

/** All in days; those with `Day` in their names are days of the life of the CA certificate. */
export type RolloverWindows = {
  readonly endDay: number
  /** When the first client asks for the next CA certificate. */
  readonly askDay: number
  /** How long before the end that is. */
  readonly aheadDays: number
  /** When there is one; `undefined`: never. */
  readonly shadowDay: number | undefined
  /** For how long that client is answered 404. */
  readonly refusedDays: number
  /** The smallest `auto-rollover` with which no client asks too early, whenever it enrolled; `undefined`: none cures it. */
  readonly smallestOverlapDays: number | undefined
}

/** @param enrolledOnDay  the day of the CA certificate on which the first client enrolled; default: {@link worstDay}. */
export const windowsOf = (timers: RolloverTimers, enrolledOnDay: number = worstDay(timers)): RolloverWindows => {
  const { caDays, certificateDays, overlapDays, renewPercent } = timers
  const askDay = lastCertificate(timers, enrolledOnDay * DAY_MS).asksMs / DAY_MS
  const shadowDay = overlapDays === undefined ? undefined : caDays - overlapDays
  const smallest = Math.ceil((Math.min(certificateDays, caDays) * (100 - renewPercent)) / 100)
  return {
    endDay: caDays,
    askDay,
    aheadDays: caDays - askDay,
    shadowDay,
    refusedDays: Math.max(0, (shadowDay ?? caDays) - askDay),
    smallestOverlapDays: renewPercent === 100 || smallest > MOST_OVERLAP_DAYS || smallest >= caDays ? undefined : smallest,
  }
}
