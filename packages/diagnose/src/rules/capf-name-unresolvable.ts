import type { Rule } from './rule.ts'

const UNKNOWN_NAME = { clue: ['console.DNS_NXDOMAIN', 'console.DNS_UNKNOWN', 'status.DNS_UNKNOWN'] }

export const capfNameUnresolvable: Rule = {
  name: 'capf-name-unresolvable',
  about: 'device',
  explains: ['capf-service-down', 'capf-unreachable', 'capf-certificate-mismatch', 'no-capf-in-itl', 'tvs-down'],
  ways: [
    {
      weight: 95,
      needs: [UNKNOWN_NAME, { clue: 'console.CAPF_BIO_INVALID' }],
      shows: [{ clue: 'console.TVS_UNRESOLVED' }, { clue: ['console.capfFailed', 'status.LSC_CONNECTION_FAILED'] }],
    },
    {
      weight: 90,
      needs: [UNKNOWN_NAME, { clue: ['status.LSC_CONNECTION_FAILED', 'status.NO_CAPF_SERVER', 'console.capfFailed'] }],
    },
    { weight: 70, needs: [{ clue: 'console.CAPF_BIO_INVALID' }] },
    { weight: 80, needs: [{ clue: 'run.failure', where: { reason: 'PHONE_NAME_UNKNOWN' } }] },
  ],
}
