import type { Scenario } from '../scenario.ts'
import { phoneBeforeNewCapf } from './phone-before-new-capf.ts'

export const tvsDown: Scenario = {
  name: 'tvs-down',
  broken: 'the CAPF certificate was regenerated, so that the phone has to ask TVS about it, and TVS is stopped',
  cause: async stage => {
    const phone = await phoneBeforeNewCapf(stage)
    await stage.tvs.stop()
    stage.clearLogs()
    await stage.enrol(phone)
  },
  shows: {
    phone: ['LSC: Connection failed'],
    console: ['No match found in trust list against the item', 'failed: BOOT_UNREACHABLE'],
    statuses: 2,
  },
  cured: 'TVS is started, and confirms the new certificate',
  cure: async stage => {
    await stage.tvs.start()
    await stage.bootAll()
  },
  after: { console: ['TVS added cert to TVS cache'], statuses: 3 },
}
