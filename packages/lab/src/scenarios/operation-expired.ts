import { formatCompletesBy } from '@capfkit/server'
import type { Scenario } from '../scenario.ts'

const HOUR_MS = 3_600_000

export const operationExpired: Scenario = {
  name: 'operation-expired',
  broken: 'Operation Completes By is two hours in the past when the phone comes',
  cause: stage => stage.enrol(stage.newPhone(), { completesBy: formatCompletesBy(new Date(stage.clock.nowMs() - 2 * HOUR_MS)) }),
  shows: {
    phone: ['LSC: Failed'],
    trace: ['Operation Should Finish By=', 'CAPF_OP_FAIL_LATE_REQUEST', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_LATE_REQUEST'],
    statuses: 17,
  },
  cured: 'the operation is ordered again, to be completed by tomorrow',
  cure: async stage => {
    const completesBy = formatCompletesBy(new Date(stage.clock.nowMs() + 24 * HOUR_MS))
    for (const phone of stage.phones) await stage.enrol(phone, { completesBy })
  },
}
