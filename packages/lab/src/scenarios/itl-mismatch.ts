import type { Scenario } from '../scenario.ts'
import { Stage } from './stage/stage.ts'

export const itlMismatch: Scenario = {
  name: 'itl-mismatch',
  broken: 'the phone comes from another cluster: it has the ITL of that one, whose TVS does not know who signs here',
  cause: async stage => {
    const phone = stage.newPhone()
    await using other = await Stage.open({ site: 2 }, stage.keys)
    await other.enrol(phone, { operation: 'none' })
    phone.clearLogs()
    await stage.enrol(phone)
  },
  shows: {
    phone: ['Trust List Update Failed'],
    console: ['TVS does not confirm the certificate', 'TL file refused: BOOT_TVS_DENIED'],
    showItl: ['The ITL file was verified successfully.'],
    statuses: 2,
    lacks: { trace: ['SEP'], phone: ['Trust List Updated'] },
  },
  cured: 'the trust list is deleted on the phone',
  cure: async stage => {
    for (const { phone } of stage.phones) await phone.eraseTrust()
    await stage.bootAll()
  },
  after: { phone: ['Trust List Updated'], statuses: 3 },
}
