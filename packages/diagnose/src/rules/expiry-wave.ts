import type { Rule } from './rule.ts'

export const expiryWave: Rule = {
  name: 'expiry-wave',
  about: 'site',
  ways: [{ weight: 80, needs: [{ clue: 'table.expiryWave' }] }],
}
