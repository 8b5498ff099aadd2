import { newFault } from '@capfkit/phone'
import type { Scenario } from '../scenario.ts'

export const phoneLost: Scenario = {
  name: 'phone-lost',
  broken: 'the connection of the phone breaks while it makes its key',
  cause: async stage => {
    const phone = stage.newPhone()
    await stage.order(phone)
    await stage.boot(phone, { fault: newFault('reset', { at: 'KEY_GENERATE_RESPONSE' }) })
  },
  shows: {
    trace: ['CAPF_EV_HANG_UP in State: CAPF_STATE_AWAIT_KEY_GEN_RESP', 'CAPF_OP_FAIL_PHONE_COMM_ERROR'],
    statuses: 13,
  },
  cured: 'the phone comes again by itself',
  cure: stage => stage.bootAll(),
}
