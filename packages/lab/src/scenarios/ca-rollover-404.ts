import { derToPem } from '@capfkit/pki'
import { DAY_MS, type RolloverTimers, windowLines, windowsOf } from '@capfkit/scep'
import type { Scenario } from '../scenario.ts'
import { Arrivals } from './stage/arrivals.ts'
import { newCertificate } from './stage/certificates.ts'
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
/** Those of them whose timers go off in the same moment: more than the HTTP server has connections. */
const AT_ONCE = 18

/** The CA of today, that many days old, and the next one: of the same name with another key, from the end of this one on. */
const certificatesOf = async ({ keys, clock }: Stage, askDay: number) => {
  const wish = { name: 'TEST-IOS-CA', profile: 'enterpriseCa', days: TIMERS.caDays } as const
  const world = { keys, now: clock.now }
  const ca = await newCertificate({ ...wish, daysAgo: askDay }, world)
  const shadow = await newCertificate({ ...wish, key: 'TEST-IOS-CA next', daysAgo: askDay - TIMERS.caDays }, world)
  return { ca, shadowDer: shadow.certificateDer }
}

/** Every router asks in its rounds until it has the next CA certificate. */
const rollOver = async (stage: Stage, overlapDays: number): Promise<void> => {
  const { clock, papers } = stage
  const timers = { ...TIMERS, overlapDays }
  const windows = windowsOf(timers)
  const dayZeroMs = clock.nowMs() - windows.askDay * DAY_MS
  const shadowAtMs = dayZeroMs + (TIMERS.caDays - overlapDays) * DAY_MS
  await using pki = await IosPki.start({ clock, shadowAtMs, ...(await certificatesOf(stage, windows.askDay)) })
  const arrivals = new Arrivals()
  const waiting = new Set(Array.from({ length: ROUTERS }, (_, index) => `router-${index + 1}`))
  let debug = ''
  const knock = async (router: string) => {
    const at = clock.now()
    const answer = await pki.ask(TRUSTPOINT)
    arrivals.note({ at: at.getTime(), who: router, what: String(answer?.status ?? 'no answer') })
    // The debug of one router is enough.
    if (router === 'router-1') debug += pkiDebug({ at, trustpoint: TRUSTPOINT, status: answer?.status })
    if (!answer?.nextCaDer) return
    papers.set('next_ca.pem', derToPem(answer.nextCaDer))
    waiting.delete(router)
  }
  while (waiting.size > 0) {
    const asking = [...waiting]
    for (let first = 0; first < asking.length; first += AT_ONCE) await Promise.all(asking.slice(first, first + AT_ONCE).map(knock))
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
