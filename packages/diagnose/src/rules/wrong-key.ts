import { note, outcome, type Rule } from './rule.ts'

const OTHER_KEY = note(/^asked for .*, got /)
const REFUSED = { clue: 'trace.event', where: { event: 'KEY_GEN_FAIL' } }

export const wrongKey: Rule = {
  name: 'wrong-key',
  about: 'device',
  replaces: ['key-generation-timeout'],
  ways: [
    { weight: 95, needs: [OTHER_KEY], shows: [REFUSED, outcome(14)] },
    // The phone answered, and not with the key that was wanted.
    { weight: 75, needs: [REFUSED, outcome(14)], lacks: [note(/made no key/)] },
  ],
}
