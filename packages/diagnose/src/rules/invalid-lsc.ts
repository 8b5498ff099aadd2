import { outcome, type Rule } from './rule.ts'

export const invalidLsc: Rule = {
  name: 'invalid-lsc',
  about: 'device',
  ways: [{ weight: 90, needs: [outcome(9)], shows: [{ clue: 'trace.note' }, { clue: 'status.LSC_FAILED' }] }],
}
