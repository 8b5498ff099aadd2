import type { Scenario } from '../scenario.ts'
import { Arrivals } from './stage/arrivals.ts'
import { IosPki, pkiDebug } from './stage/ios-pki.ts'
import type { Stage } from './stage/stage.ts'

const DAY_MS = 86_400_000
const TRUSTPOINT = 'GETVPN'
/** `lifetime ca-certificate 1825`, `lifetime certificate 600`, `auto-enroll 70`, and `auto-rollover` without a number. */
const TIMERS = { caDays: 1_825, certificateDays: 600, renewPercent: 70, overlapDays: 30 } as const
/** What a router is renewed before its end by: (1-P) x lifetime. */
const AHEAD_DAYS = TIMERS.certificateDays - (TIMERS.certificateDays * TIMERS.renewPercent) / 100
const CURED_OVERLAP_DAYS = 365
/** More than the HTTP server takes in a minute: they retry in lock-step. */
const ROUTERS = 100
const RETRY_DAYS = 10

type Timers = { readonly overlapDays: number; readonly clientDay: number; readonly shadowDay: number; readonly windowDays: number }

/** Routers whose certificates end with that of the CA, as days of its life. */
const timersOf = (overlapDays: number): Timers => {
  const clientDay = TIMERS.caDays - AHEAD_DAYS
  const shadowDay = TIMERS.caDays - overlapDays
  return { overlapDays, clientDay, shadowDay, windowDays: Math.max(0, shadowDay - clientDay) }
}

const arithmetic = ({ overlapDays, clientDay, shadowDay, windowDays }: Timers): string =>
  [
    `CA certificate ${TIMERS.caDays} days, router certificate ${TIMERS.certificateDays} days, auto-enroll ${TIMERS.renewPercent}`,
    `routers ask on day ${clientDay}: ${AHEAD_DAYS} days before the end, (1 - ${TIMERS.renewPercent}/100) x ${TIMERS.certificateDays}`,
    `overlap ${overlapDays} days: the shadow certificate is made on day ${shadowDay}`,
    `window of refusals: ${windowDays} days; smallest overlap without one: ${AHEAD_DAYS} days`,
    '',
  ].join('\n')

/** Every router asks in its rounds until it has the next CA certificate. */
const rollOver = async (stage: Stage, overlapDays: number): Promise<void> => {
  const { clock, papers } = stage
  const timers = timersOf(overlapDays)
  const dayZeroMs = clock.nowMs() - timers.clientDay * DAY_MS
  await using pki = await IosPki.start({ clock, shadowAtMs: dayZeroMs + timers.shadowDay * DAY_MS })
  const arrivals = new Arrivals()
  const waiting = new Set(Array.from({ length: ROUTERS }, (_, index) => `router-${index + 1}`))
  let debug = ''
  while (waiting.size > 0) {
    for (const router of waiting) {
      const status = await pki.ask(TRUSTPOINT)
      arrivals.note({ at: clock.nowMs(), who: router, what: String(status ?? 'no answer') })
      // The debug of one router is enough.
      if (router === 'router-1') debug += pkiDebug({ at: clock.now(), trustpoint: TRUSTPOINT, status })
      if (status === 200) waiting.delete(router)
    }
    clock.turn(RETRY_DAYS * DAY_MS)
  }
  const chart = { scale: 'days', step: RETRY_DAYS } as const
  papers.set('pki_timers.txt', arithmetic(timers))
  papers.set('pki_debug.txt', debug)
  papers.set('arrivals.csv', arrivals.csv)
  papers.set('arrivals.txt', arrivals.chart({ ...chart, title: 'GetNextCACert of 100 routers, by days since the first one' }))
}

export const caRollover404: Scenario = {
  name: 'ca-rollover-404',
  broken: 'a hundred IOS routers ask for the next CA certificate 150 days before it exists, every ten days and all at once',
  cause: stage => rollOver(stage, TIMERS.overlapDays),
  shows: {
    papers: ['HTTP/1.1 404 Not Found', 'window of refusals: 150 days', 'no answer', 'peak: 100 in 10 days'],
  },
  cured: 'auto-rollover 365: the shadow certificate is there before anybody asks',
  cure: stage => rollOver(stage, CURED_OVERLAP_DAYS),
  after: { papers: ['window of refusals: 0 days', 'HTTP/1.1 200 OK'], lacks: { papers: ['404'] } },
}
