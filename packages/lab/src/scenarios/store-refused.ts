import { newFault } from '@capfkit/phone'
import type { Scenario } from '../scenario.ts'

/** Before the beginning of an LSC, which is dated back by an hour. */
const SLOW_MS = -7_200_000

export const storeRefused: Scenario = {
  name: 'store-refused',
  broken: 'the clock of the phone is two hours slow: its new LSC is not valid yet, and it does not store it',
  cause: async stage => {
    const phone = stage.newPhone()
    await stage.order(phone)
    await stage.boot(phone, { fault: newFault('clock-skew', { skewMs: SLOW_MS }) })
  },
  shows: {
    trace: [
      'CAPF_EV_STORE_CERT_FAIL in State: CAPF_STATE_AWAIT_STORE_CERT_RESP',
      'the phone answered REASON 7',
      '=>DbStatus=CERT_STATUS_UPGRADE_FAIL',
    ],
    statuses: 6,
  },
  cured: 'the phone gets the right time',
  cure: stage => stage.bootAll(),
}
