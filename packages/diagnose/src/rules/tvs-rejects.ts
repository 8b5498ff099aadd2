import type { Rule } from './rule.ts'

export const tvsRejects: Rule = {
  name: 'tvs-rejects',
  about: 'device',
  explains: ['capf-certificate-mismatch', 'capf-service-down', 'capf-unreachable'],
  ways: [
    {
      weight: 85,
      needs: [{ clue: 'console.TVS_DENIED' }, { clue: 'console.capfFailed', where: { tvs: 'denied' } }],
      shows: [{ clue: 'status.LSC_CONNECTION_FAILED' }],
    },
    { weight: 60, needs: [{ clue: 'console.TVS_DENIED' }], lacks: [{ clue: 'console.LIST_REFUSED' }] },
  ],
}
