import { note, outcome, type Rule } from './rule.ts'

const SAID = note(/authentication string/)

export const wrongAuthString: Rule = {
  name: 'wrong-auth-string',
  about: 'device',
  ways: [
    { weight: 95, needs: [outcome(10)], shows: [SAID, { clue: 'status.LSC_FAILED' }] },
    { weight: 70, needs: [SAID] },
  ],
}
