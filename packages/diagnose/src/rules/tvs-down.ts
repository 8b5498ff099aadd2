import type { Rule } from './rule.ts'

const SILENT = { clue: 'console.TVS_FAILED', where: { code: /^(?!.*(?:UNTRUSTED|BAD_ANSWER))/ } }

export const tvsDown: Rule = {
  name: 'tvs-down',
  about: 'device',
  explains: ['capf-certificate-mismatch', 'capf-service-down', 'capf-unreachable', 'itl-mismatch'],
  ways: [
    {
      weight: 85,
      needs: [SILENT, { clue: 'console.capfFailed', where: { tvs: 'failed' } }],
      shows: [{ clue: 'status.LSC_CONNECTION_FAILED' }],
    },
    { weight: 85, needs: [SILENT, { clue: 'console.LIST_REFUSED', where: { code: 'BOOT_TVS_UNREACHABLE' } }] },
    { weight: 60, needs: [SILENT] },
  ],
}
