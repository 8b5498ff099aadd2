import { outcome, type Rule } from './rule.ts'

export const deleteFails: Rule = {
  name: 'delete-fails',
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
    { weight: 90, needs: [outcome(7, 18, 19, 20, 21, 22, 23, 24, 25, 26)], shows: [{ clue: ['trace.note', 'trace.event'] }] },
    { weight: 75, needs: [{ clue: 'trace.event', where: { event: 'DELETE_CERT_FAIL' } }] },
  ],
}
