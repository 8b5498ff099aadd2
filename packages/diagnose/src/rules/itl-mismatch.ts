import type { Rule } from './rule.ts'

export const itlMismatch: Rule = {
  name: 'itl-mismatch',
  about: 'device',
  explains: ['tvs-down', 'tvs-rejects', 'capf-certificate-mismatch', 'capf-service-down', 'capf-unreachable', 'no-capf-in-itl'],
  ways: [
    {
      weight: 90,
      needs: [{ clue: 'console.LIST_REFUSED', where: { code: ['BOOT_TVS_DENIED', 'BOOT_TVS_NONE', 'BOOT_SIGNER_MISSING'] } }],
      shows: [{ clue: 'console.TVS_DENIED' }, { clue: 'status.TRUST_LIST_FAILED' }],
    },
    {
      weight: 85,
      // It does not believe the TVS of the new cluster either.
      needs: [
        { clue: 'console.LIST_REFUSED', where: { code: 'BOOT_TVS_UNREACHABLE' } },
        { clue: 'console.TVS_FAILED', where: { code: /UNTRUSTED/ } },
      ],
      shows: [{ clue: 'status.TRUST_LIST_FAILED' }],
    },
    {
      weight: 40,
      needs: [{ clue: 'status.TRUST_LIST_FAILED' }],
      lacks: [{ clue: ['console.LIST_REFUSED', 'itl.broken', 'itl.badSignature'] }],
    },
  ],
}
