import type { Scenario } from '../scenario.ts'
import { FAILING_WAYS, failInEachWay, orderAgain } from './failing-ways.ts'

export const deleteFails: Scenario = {
  name: 'delete-fails',
  broken: 'seven phones are told to delete their LSCs, and each fails in another way',
  stage: { capf: { options: { replyTimeoutMs: 1_200 } } },
  cause: stage => failInEachWay(stage, 'delete'),
  shows: {
    phone: ['LSC: Failed', 'LSC: Connection failed'],
    trace: ['Operation=OPERATION_DELETE:3', 'CERT_STATUS_DELETE_FAIL_INVALID_LSC', 'CERT_STATUS_DELETE_FAIL_LATE_REQUEST'],
    statuses: FAILING_WAYS.map(({ statuses }) => statuses.delete),
  },
  cured: 'what the statuses name is put right, and the delete ordered again',
  cure: stage => orderAgain(stage, 'delete'),
  after: { statuses: 4 },
}
