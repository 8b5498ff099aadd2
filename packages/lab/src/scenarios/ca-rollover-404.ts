import { DAY_MS, type RolloverTimers, windowLines, windowsOf } from '@capfkit/scep'
import type { Scenario } from '../scenario.ts'
import { Arrivals } from './stage/arrivals.ts'
import { IosPki, pkiDebug } from './stage/ios-pki.ts'
import type { Stage } from './stage/stage.ts'

const TRUSTPOINT = 'GETVPN'
const OVERLAP_DAYS = 30
/** `lifetime ca-certificate 1825`, `lifetime certificate 600`, `auto-enroll 70`, and `auto-rollover` without a number. */
const TIMERS: RolloverTimers = { caDays: 1_825, certificateDays: 600, renewPercent: 70, overlapDays: OVERLAP_DAYS }
const CURED_OVERLAP_DAYS = 365
/** More than the HTTP server takes in a minute: they retry in lock-step. */
const ROUTERS = 100
const RETRY_DAYS = 10

/** Every router asks in its rounds until it has the next CA certificate. */
const rollOver = async (stage: Stage, overlapDays: number): Promise<void> => {
  const { clock, papers } = stage
  const timers = { ...TIMERS, overlapDays }
  const windows = windowsOf(timers)
  const dayZeroMs = clock.nowMs() - windows.askDay * DAY_MS
  await using pki = await IosPki.start({ clock, shadowAtMs: dayZeroMs + (TIMERS.caDays - overlapDays) * DAY_MS })
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
  papers.set('pki_timers.txt', `${windowLines({ timers, windows }).join('\n')}\n`)
  papers.set('pki_debug.txt', debug)
  papers.set('arrivals.csv', arrivals.csv)
  papers.set('arrivals.txt', arrivals.chart({ ...chart, title: 'GetNextCACert of 100 routers, by days since the first one' }))
}

export const caRollover404: Scenario = {
  name: 'ca-rollover-404',
  broken: 'a hundred IOS routers ask for the next CA certificate 150 days before it exists, every ten days and all at once',
  cause: stage => rollOver(stage, OVERLAP_DAYS),
  shows: {
    papers: ['HTTP/1.1 404 Not Found', 'window of refusals: 150 days', 'no answer', 'peak: 100 in 10 days'],
  },
  cured: 'auto-rollover 365: the shadow certificate is there before anybody asks',
  cure: stage => rollOver(stage, CURED_OVERLAP_DAYS),
  after: { papers: ['window of refusals: 0 days', 'HTTP/1.1 200 OK'], lacks: { papers: ['404'] } },
}
