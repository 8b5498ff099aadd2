import { outcome, type Rule } from './rule.ts'

export const micOnlyPrecedenceLsc: Rule = {
  name: 'mic-only-precedence-lsc',
  about: 'device',
  explains: ['invalid-mic', 'invalid-lsc'],
  ways: [
    {
      weight: 90,
      needs: [outcome(11), { clue: 'trace.authMode', where: { number: '3' } }],
      shows: [{ clue: 'trace.note' }],
    },
    { weight: 90, needs: [{ clue: 'outcome', where: { number: '11', authMode: '3' } }], shows: [{ clue: 'trace.note' }] },
  ],
}
