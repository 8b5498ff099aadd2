import { outcome, type Rule } from './rule.ts'

export const invalidMic: Rule = {
  name: 'invalid-mic',
  about: 'device',
  ways: [{ weight: 85, needs: [outcome(11)], shows: [{ clue: 'trace.note' }, { clue: 'status.LSC_FAILED' }] }],
}
