import { note, outcome, type Rule } from './rule.ts'

const TIMED_OUT = { clue: 'trace.event', where: { event: 'TIMEOUT', state: 'AWAIT_KEY_GEN_RESP' } }

export const keyGenerationTimeout: Rule = {
  name: 'key-generation-timeout',
  about: 'device',
  ways: [
    { weight: 92, needs: [outcome(14), TIMED_OUT], shows: [{ clue: 'trace.note' }] },
    { weight: 75, needs: [TIMED_OUT] },
    { weight: 70, needs: [outcome(14)], lacks: [note(/^asked for /)] },
  ],
}
