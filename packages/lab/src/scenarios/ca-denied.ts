import type { Scenario } from '../scenario.ts'
import { onlineMistake } from './online-mistake.ts'

export const caDenied: Scenario = onlineMistake({
  name: 'ca-denied',
  broken: 'the account of the registration authority has no right to enrol with the template',
  wrong: { template: 'CiscoRA=deny' },
  shows: {
    phone: ['LSC: Failed'],
    errorLog: ['"POST /.well-known/est/simpleenroll HTTP/1.1" 403'],
    iis: ['POST /certsrv/certfnsh.asp'],
    trace: ['Online Cert Signing Failed', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_REJECT'],
    statuses: 16,
    lacks: { iis: ['certnew.cer'] },
  },
  right: { template: 'CiscoRA' },
  cured: 'the account gets the right to enrol',
})
