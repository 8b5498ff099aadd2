import type { Scenario } from '../scenario.ts'
import { onlineMistake } from './online-mistake.ts'

export const caLoginRejected: Scenario = onlineMistake({
  name: 'ca-login-rejected',
  broken: 'Online CA Password is wrong',
  wrong: { onlineCaPassword: 'TEST-wrong' },
  shows: {
    phone: ['LSC: Failed'],
    iis: ['401 1 2148074252'],
    errorLog: ['Enrollment failed with rc=22 (EST_ERR_AUTH_FAIL)'],
    trace: ['Enrollment rv = 22 (EST_ERR_AUTH_FAIL)'],
    statuses: 16,
    lacks: { iis: ['certrqxt.asp'] },
  },
  right: { onlineCaPassword: 'TEST-right' },
  cured: 'the password is corrected, and the services are restarted',
})
