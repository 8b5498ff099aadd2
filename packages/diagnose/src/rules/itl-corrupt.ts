import type { Rule } from './rule.ts'

export const itlCorrupt: Rule = {
  name: 'itl-corrupt',
  about: 'site',
  explains: ['itl-mismatch', 'no-capf-in-itl', 'capf-certificate-mismatch'],
  ways: [{ weight: 95, needs: [{ clue: ['itl.broken', 'itl.badSignature'] }], shows: [{ clue: 'itl.noTftpNodes' }] }],
}

/** What a phone says of such a file. */
export const itlRefused: Rule = {
  name: 'itl-corrupt',
  about: 'device',
  explains: ['itl-mismatch', 'no-capf-in-itl', 'capf-certificate-mismatch'],
  ways: [
    {
      weight: 90,
      needs: [{ clue: 'console.LIST_REFUSED', where: { code: ['BOOT_LIST_MALFORMED', 'BOOT_BAD_SIGNATURE'] } }],
      shows: [{ clue: 'status.TRUST_LIST_FAILED' }],
    },
  ],
}
