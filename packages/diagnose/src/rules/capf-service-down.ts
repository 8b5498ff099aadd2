import type { Rule } from './rule.ts'

/** A port at which nobody listens answers within a moment: a round trip. What waits longer waits for an answer. */
export const AT_ONCE_MS = 250

export const capfServiceDown: Rule = {
  name: 'capf-service-down',
  about: 'device',
  ways: [
    {
      weight: 75,
      needs: [{ clue: 'console.capfFailed', where: { match: 'unknown', tvs: 'none' } }],
      // Who got as far as an outcome was connected.
      lacks: [{ clue: 'outcome' }],
      when: found => found.some(({ clue, values }) => clue === 'console.capfFailed' && Number(values.tookMs) < AT_ONCE_MS),
      shows: [{ clue: 'status.LSC_CONNECTION_FAILED' }],
    },
    { weight: 80, needs: [{ clue: 'run.failure', where: { reason: 'PHONE_CONNECT_REFUSED' } }] },
    // Nothing but what the phone shows: the likeliest of several causes.
    { weight: 25, needs: [{ clue: 'status.LSC_CONNECTION_FAILED' }], lacks: [{ clue: 'outcome' }] },
    { weight: 20, needs: [{ clue: 'console.capfFailed' }], lacks: [{ clue: 'outcome' }] },
  ],
}
