import { outcome, type Rule } from './rule.ts'
import { WAYS_TO_FAIL } from './ways-to-fail.ts'

export const troubleshootFails: Rule = {
  name: 'troubleshoot-fails',
  about: 'device',
  explains: WAYS_TO_FAIL,
  ways: [
    { weight: 90, needs: [outcome(8, 27, 28, 29, 30, 31, 32, 33)], shows: [{ clue: ['trace.note', 'trace.event'] }] },
    { weight: 75, needs: [{ clue: 'trace.event', where: { event: 'FETCH_CERT_FAIL' } }] },
  ],
}
