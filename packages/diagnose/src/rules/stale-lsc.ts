import { note, type Rule } from './rule.ts'

export const staleLsc: Rule = {
  name: 'stale-lsc',
  about: 'device',
  ways: [
    { weight: 96, needs: [{ clue: 'staleLsc.listed' }], shows: [{ clue: 'trace.enrolled' }] },
    { weight: 85, needs: [note(/\bstale LSC\b/)] },
  ],
}
