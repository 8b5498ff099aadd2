import type { Scenario } from '../scenario.ts'
import type { Arrivals } from './stage/arrivals.ts'
import { openSite, resetSite } from './stage/fleet.ts'
import type { Stage } from './stage/stage.ts'

const GROUPS = 6
const GROUP_EVERY_MS = 600_000
const CHART = {
  scale: 'seconds',
  step: 15,
  what: 'boot',
  title: 'phones that come for a new LSC, by time since the first one',
} as const
const SECOND_MS = 1_000

const regenerateCapf = async (stage: Stage): Promise<void> => {
  await stage.regenerate('capf')
  await stage.capf.restart()
  await stage.tvs.restart()
  await stage.restartTftp()
  for (const phone of stage.phones) await stage.order(phone)
}

const keep = (stage: Stage, arrivals: Arrivals): void => {
  stage.papers.set('arrivals.csv', arrivals.csv)
  const seconds = Math.round(arrivals.betweenMs('boot', 'LSC installed') / SECOND_MS)
  stage.papers.set('arrivals.txt', `${arrivals.chart(CHART)}the last one has its LSC ${seconds} seconds after the first one came\n`)
  stage.papers.set('CAPF.pem', stage.certificates.capf.certificatePem)
}

export const regenerationStorm: Scenario = {
  name: 'regeneration-storm',
  broken: 'the CAPF certificate is regenerated in the middle of the day: every phone of a site is reset, and comes for a new LSC',
  cause: async stage => {
    await openSite(stage)
    await regenerateCapf(stage)
    stage.clearLogs()
    keep(stage, await resetSite(stage))
  },
  shows: {
    phone: ['Trust List Updated'],
    trace: ['=>DbStatus=CERT_STATUS_UPGRADE_SUCCESS'],
    papers: ['at,who,what', 'peak: 8 in 15 seconds; in all 24', 'the last one has its LSC'],
    statuses: 3,
  },
  cured: 'the next time phones are reset in groups of four, ten minutes apart: the peak is lower',
  cure: async stage => {
    stage.clock.turn(86_400_000)
    await regenerateCapf(stage)
    stage.clearLogs()
    keep(stage, await resetSite(stage, { groups: GROUPS, groupEveryMs: GROUP_EVERY_MS }))
  },
  after: { papers: ['peak: 2 in 15 seconds; in all 24'], statuses: 3 },
}
