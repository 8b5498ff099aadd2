import type { Rule } from './rule.ts'

export const caRollover404: Rule = {
  name: 'ca-rollover-404',
  about: 'site',
  ways: [{ weight: 90, needs: [{ clue: 'pki.nextCaMissing' }] }],
}
