import { outcome, type Rule } from './rule.ts'
import { WAYS_TO_FAIL } from './ways-to-fail.ts'

export const deleteFails: Rule = {
  name: 'delete-fails',
  about: 'device',
  explains: WAYS_TO_FAIL,
  ways: [
    { weight: 90, needs: [outcome(7, 18, 19, 20, 21, 22, 23, 24, 25, 26)], shows: [{ clue: ['trace.note', 'trace.event'] }] },
    { weight: 75, needs: [{ clue: 'trace.event', where: { event: 'DELETE_CERT_FAIL' } }] },
  ],
}
