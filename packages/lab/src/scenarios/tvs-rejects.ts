import type { Scenario } from '../scenario.ts'
import { phoneBeforeNewCapf } from './phone-before-new-capf.ts'

export const tvsRejects: Scenario = {
  name: 'tvs-rejects',
  broken: 'the CAPF certificate was regenerated, and TVS, which the phone has to ask, was not restarted: it does not know it',
  cause: async stage => {
    const phone = await phoneBeforeNewCapf(stage)
    stage.clearLogs()
    await stage.enrol(phone)
  },
  shows: {
    phone: ['LSC: Connection failed'],
    console: ['Hashes match... authentication successful', 'TVS does not confirm the certificate'],
    statuses: 2,
  },
  cured: 'TVS is restarted, and confirms the new certificate',
  cure: async stage => {
    await stage.tvs.restart()
    await stage.bootAll()
  },
  after: { console: ['TVS added cert to TVS cache'], statuses: 3 },
}
