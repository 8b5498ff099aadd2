import { outcome, type Rule } from './rule.ts'

export const troubleshootFails: Rule = {
  name: 'troubleshoot-fails',
  about: 'device',
  // Its status names them as ways in which the operation failed.
  explains: [
    'phone-lost',
    'wrong-auth-string',
    'invalid-credentials',
    'invalid-lsc',
    'invalid-mic',
    'operation-expired',
    'key-generation-timeout',
  ],
  ways: [
    { weight: 90, needs: [outcome(8, 27, 28, 29, 30, 31, 32, 33)], shows: [{ clue: ['trace.note', 'trace.event'] }] },
    { weight: 75, needs: [{ clue: 'trace.event', where: { event: 'FETCH_CERT_FAIL' } }] },
  ],
}
