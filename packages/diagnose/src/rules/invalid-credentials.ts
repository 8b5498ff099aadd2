import { note, outcome, type Rule } from './rule.ts'

const SAID = note(/\bsignature\b/i)

export const invalidCredentials: Rule = {
  name: 'invalid-credentials',
  about: 'device',
  ways: [
    { weight: 90, needs: [outcome(12)], shows: [{ clue: 'trace.note' }, { clue: 'status.LSC_FAILED' }] },
    { weight: 70, needs: [{ clue: 'trace.event', where: { event: 'SIGN_CERT_FAIL' } }] },
    { weight: 60, needs: [SAID] },
  ],
}
