import { parseOptions } from '@capfkit/codec/options'
import { CertificateMonitor, MONITOR_OPTIONS, noticeJson, watchedOf } from '@capfkit/monitor'
import type { Scenario } from '../scenario.ts'
import { Arrivals } from './stage/arrivals.ts'
import { openSite } from './stage/fleet.ts'
import type { Stage } from './stage/stage.ts'

const DAY_MS = 86_400_000
const LSC_DAYS = 365
/** How long before the end somebody looks. */
const AHEAD_DAYS = 20
const GROUP_PHONES = 4
const GROUP_EVERY_DAYS = 3

/** The curve of the ends, as the device table tells them. */
const keepEnds = async ({ store, papers }: Stage): Promise<void> => {
  const ends = new Arrivals()
  for await (const { name, certificate } of store.list())
    if (certificate) ends.note({ at: certificate.validUntil.getTime(), who: name, what: 'LSC ends' })
  papers.set('arrivals.csv', ends.csv)
  papers.set('arrivals.txt', ends.chart({ scale: 'days', step: 1, title: 'LSCs that end, by days since the first one' }))
}

async function* watchedIn({ store }: Stage) {
  for await (const device of store.list()) yield* watchedOf(device)
}

/** What the certificate monitor says of the device table, as it would by itself. */
const keepNotices = async (stage: Stage): Promise<void> => {
  const { noticeDays, repeat } = parseOptions(MONITOR_OPTIONS, {})
  const { clock, papers } = stage
  const monitor = new CertificateMonitor({
    policy: { noticeDays, repeatMs: repeat },
    watch: () => watchedIn(stage),
    now: clock.now,
  })
  const { notices } = await monitor.round()
  papers.set('monitor.jsonl', notices.map(notice => `${JSON.stringify(noticeJson(notice))}\n`).join(''))
}

const keepPapers = async (stage: Stage): Promise<void> => {
  await keepEnds(stage)
  await keepNotices(stage)
}

export const expiryWave: Scenario = {
  name: 'expiry-wave',
  broken: 'every LSC of a site was issued on one day a year ago, and all of them end in twenty days',
  stage: { daysAgo: LSC_DAYS - AHEAD_DAYS, capf: { options: { lscDays: LSC_DAYS } } },
  cause: async stage => {
    await openSite(stage)
    stage.clock.turn((LSC_DAYS - AHEAD_DAYS) * DAY_MS)
    await keepPapers(stage)
  },
  shows: { papers: ['peak: 24 in 1 days; in all 24', 'CertValidLessThanMonth'], statuses: 3 },
  cured: 'LSCs are renewed before the day, four phones every third day',
  cure: async stage => {
    for (const [index, phone] of stage.phones.entries()) {
      if (index > 0 && index % GROUP_PHONES === 0) stage.clock.turn(GROUP_EVERY_DAYS * DAY_MS)
      await stage.enrol(phone)
    }
    await keepPapers(stage)
  },
  after: { papers: ['peak: 4 in 1 days; in all 24'], lacks: { papers: ['CertValid'] }, statuses: 3 },
}
