import type { Scenario } from '../scenario.ts'
import type { Arrivals } from './stage/arrivals.ts'
import { openSite, resetSite } from './stage/fleet.ts'
import type { Stage } from './stage/stage.ts'

const GROUPS = 6
const GROUP_EVERY_MS = 120_000

const keep = ({ papers }: Stage, arrivals: Arrivals): void => {
  papers.set('arrivals.csv', arrivals.csv)
  papers.set(
    'arrivals.txt',
    arrivals.chart({ scale: 'seconds', step: 15, title: 'phones that boot after the power cut, by time since the first one' }),
  )
}

export const rebootStorm: Scenario = {
  name: 'reboot-storm',
  broken: 'a site comes back after a power cut: every phone boots, and none has a reason to ask CAPF',
  cause: async stage => {
    await openSite(stage)
    keep(stage, await resetSite(stage))
  },
  shows: {
    console: ['[src=ITLSEP020000000001.tlv]', '[src=SEP020000000024.cnf.xml.sgn]'],
    papers: ['at,who,what', 'peak: 8 in 15 seconds; in all 24'],
    statuses: 3,
    lacks: { console: ['RCAPF_START_MODE'], trace: ['SEP'] },
  },
  cured: 'nothing is wrong; the next time switches give power to groups of four phones, two minutes apart',
  cure: async stage => {
    stage.clock.turn(86_400_000)
    keep(stage, await resetSite(stage, { groups: GROUPS, groupEveryMs: GROUP_EVERY_MS }))
  },
  after: { papers: ['peak: 2 in 15 seconds; in all 24'], statuses: 3 },
}
