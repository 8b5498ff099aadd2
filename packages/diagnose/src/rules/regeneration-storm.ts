import type { Rule } from './rule.ts'

export const regenerationStorm: Rule = {
  name: 'regeneration-storm',
  about: 'site',
  ways: [{ weight: 80, needs: [{ clue: 'storm.regeneration' }] }],
}
