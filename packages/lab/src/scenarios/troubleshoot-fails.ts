import type { Scenario } from '../scenario.ts'
import { FAILING_WAYS, failInEachWay, orderAgain } from './failing-ways.ts'

export const troubleshootFails: Scenario = {
  name: 'troubleshoot-fails',
  broken: 'the certificates of seven phones shall be fetched, and each fails in another way',
  stage: { capf: { options: { replyTimeoutMs: 1_200 } } },
  cause: stage => failInEachWay(stage, 'troubleshoot'),
  shows: {
    phone: ['LSC: Failed', 'LSC: Connection failed'],
    trace: [
      'Operation=OPERATION_TROUBLESHOOT:4',
      'CERT_STATUS_TROUBLESHOOT_FAIL_INVALID_LSC',
      'CERT_STATUS_TROUBLESHOOT_FAIL_LATE_REQUEST',
    ],
    statuses: FAILING_WAYS.map(({ statuses }) => statuses.troubleshoot),
  },
  cured: 'what the statuses name is put right, and the order given again',
  cure: stage => orderAgain(stage, 'troubleshoot'),
  after: { statuses: 5 },
}
