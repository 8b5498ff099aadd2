import { note, outcome, type Rule } from './rule.ts'

const SAID = note(/^key order EC only/)

export const ecOnlyOnV2: Rule = {
  name: 'ec-only-on-v2',
  about: 'device',
  ways: [
    { weight: 95, needs: [outcome(34)], shows: [SAID] },
    { weight: 80, needs: [SAID] },
  ],
}
