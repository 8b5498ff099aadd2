import type { Rule } from './rule.ts'

/** The phone looks for a CAPF record in its lists before it looks for anything else. */
export const noCapfInItl: Rule = {
  name: 'no-capf-in-itl',
  about: 'device',
  ways: [
    { weight: 95, needs: [{ clue: 'status.NO_CAPF_SERVER' }, { clue: 'itl.noCapf' }] },
    {
      weight: 80,
      needs: [{ clue: 'status.NO_CAPF_SERVER' }],
      // Without the address of its name a server is none, and without a list there are no records.
      lacks: [{ clue: ['status.DNS_UNKNOWN', 'itl.missing', 'itl.broken', 'phone.withoutItl', 'console.LIST_REFUSED'] }],
    },
    { weight: 80, needs: [{ clue: 'run.failure', where: { reason: 'PHONE_NO_TRUSTED_SERVER' } }] },
  ],
}

/** The same from the list alone, before any phone has noticed. */
export const noCapfRecord: Rule = {
  name: 'no-capf-in-itl',
  about: 'site',
  ways: [{ weight: 85, needs: [{ clue: 'itl.noCapf' }] }],
}
