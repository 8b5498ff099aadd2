import { HTTP_LIMITS } from '../http-limits.ts'
import type { RolloverPlan } from '../plan.ts'
import type { Simulation } from '../simulate.ts'
import { SETTING_NAMES, STATEMENTS } from '../statements.ts'
import { DAY_MS, type RolloverTimers, type RolloverWindows } from '../windows.ts'

/** At most two decimals, thousands with commas. */
export const figure = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 })

export const days = (value: number): string => (value === 1 ? '1 day' : `${figure(value)} days`)

/** `day 1645`, with its date where that is known, and how far off it is. */
export const dayWords = (day: number, { caFrom, now }: Pick<RolloverPlan, 'caFrom' | 'now'>): string => {
  if (!caFrom) return `day ${figure(day)}`
  const at = new Date(caFrom.getTime() + day * DAY_MS)
  const off = Math.round((at.getTime() - now.getTime()) / DAY_MS)
  return `day ${figure(day)}, ${at.toISOString().slice(0, 10)} (${off < 0 ? `${days(-off)} ago` : off === 0 ? 'today' : `in ${days(off)}`})`
}

type Arithmetic = { readonly timers: RolloverTimers; readonly windows: RolloverWindows; readonly on?: (day: number) => string }

const cureWords = ({ timers, windows: { smallestOverlapDays: smallest } }: Arithmetic): string => {
  const { caDays, certificateDays, renewPercent } = timers
  if (renewPercent === 100)
    return 'clients ask when their certificates have ended, which is too late: let them renew earlier (auto-enroll)'
  if (smallest === undefined)
    return 'no overlap is long enough: let clients renew later (auto-enroll), or have shorter certificates (lifetime certificate)'
  const arithmetic = `(1 - ${renewPercent}/100) x ${figure(Math.min(certificateDays, caDays))}`
  return `smallest overlap without one: ${days(smallest)}, ${arithmetic}: auto-rollover ${smallest}`
}

/** When who does what, a line each. */
export const windowLines = ({ timers, windows, on = day => `day ${figure(day)}` }: Arithmetic): string[] => {
  const { caDays, certificateDays, overlapDays, renewPercent } = timers
  const { askDay, aheadDays, shadowDay, refusedDays } = windows
  return [
    `CA certificate ${days(caDays)}, client certificate ${days(certificateDays)}, auto-enroll ${renewPercent}`,
    `clients ask from ${on(askDay)}: ${days(aheadDays)} before the end of the CA certificate`,
    shadowDay === undefined || overlapDays === undefined
      ? 'no auto-rollover: there never is a shadow certificate, and all certificates end together'
      : `overlap ${days(overlapDays)}: the shadow certificate is made on ${on(shadowDay)}`,
    `window of refusals: ${days(refusedDays)}`,
    cureWords({ timers, windows }),
  ]
}

/** What came of the questions, in words. */
export const outcomeLines = ({ fleet, simulation }: { fleet: RolloverPlan['fleet']; simulation: Simulation }): string[] => {
  const { clients, retryMinutes } = fleet
  const { asked, refused, unheard, served, gaveUp, leftBehind, peakPerMinute } = simulation
  const limits = `it hears ${HTTP_LIMITS.connectionsPerMinute} a minute, then nobody for ${HTTP_LIMITS.deafMs / 1000} s`
  return [
    `${figure(asked)} questions: ${figure(refused)} answered 404, ${figure(unheard)} not heard, ${figure(served)} answered with the certificate`,
    `${figure(peakPerMinute)} a minute at the most; ${limits}`,
    ...(gaveUp > 0
      ? [`${figure(gaveUp)} of ${figure(clients)} clients used up their retries, one every ${retryMinutes} min, and asked no more`]
      : []),
    ...(leftBehind > 0 ? [`${figure(leftBehind)} of ${figure(clients)} clients had no next CA certificate when theirs ended`] : []),
  ]
}

/** What an operator enters on the PKI server, as the document about the failure has it; nothing where nothing cures it. */
export const remedyLines = ({ server, fleet, cure }: Pick<RolloverPlan, 'server' | 'fleet' | 'cure'>): string[] =>
  cure === undefined
    ? []
    : [
        ...[`crypto pki server ${server ?? 'NAME'}`, ' shutdown', ` auto-rollover ${cure.overlapDays}`, ' no shutdown'],
        ...(fleet.maxConnections < HTTP_LIMITS.connections ? [`ip http max-connections ${HTTP_LIMITS.connections}`] : []),
      ]

/** A registration authority does not fetch the shadow certificate by itself. */
export const RA_WORDS = 'a registration authority in front of it is then rolled over by hand: crypto pki server NAME rollover'

/** Every setting: what it is, and who says so. */
export const settingRows = (
  { fleet, origins }: Pick<RolloverPlan, 'fleet' | 'origins'>,
  file: string,
): (readonly [string, string, string])[] => {
  const values = { ...fleet.timers, ...fleet }
  return SETTING_NAMES.map(name => {
    const value = values[name]
    const origin = origins[name]
    const from = typeof origin === 'object' ? `${file}:${origin.line}` : origin === 'option' ? 'given' : 'not stated; as IOS has it'
    return [STATEMENTS[name].words, value === undefined ? 'no' : figure(value), from]
  })
}
