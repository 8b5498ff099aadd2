import type { Scenario } from '../scenario.ts'
import { onlineMistake } from './online-mistake.ts'

export const templateMisspelt: Scenario = onlineMistake({
  name: 'template-misspelt',
  broken: 'Online CA Template has a typing error',
  wrong: { onlineCaTemplate: 'CisoRA' },
  shows: {
    phone: ['LSC: Failed'],
    errorLog: [
      'navigate_to_certsrv_page: Secure connection to MS CertServ completed successfully',
      'HTTP authentication failed. Auth type=1',
      'Enrollment failed with rc=22 (EST_ERR_AUTH_FAIL)',
      '"POST /.well-known/est/simpleenroll HTTP/1.1" 401',
    ],
    iis: ['GET /certsrv/certrqxt.asp'],
    trace: ['Online CA Template is CisoRA', 'Enrollment rv = 22 (EST_ERR_AUTH_FAIL)'],
    statuses: 16,
    lacks: { iis: ['certfnsh.asp'] },
  },
  right: { onlineCaTemplate: 'CiscoRA' },
  cured: 'Online CA Template is corrected, and the services are restarted',
})
