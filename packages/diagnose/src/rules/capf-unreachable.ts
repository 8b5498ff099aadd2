import { AT_ONCE_MS } from './capf-service-down.ts'
import type { Rule } from './rule.ts'

export const capfUnreachable: Rule = {
  name: 'capf-unreachable',
  about: 'device',
  ways: [
    {
      weight: 75,
      needs: [{ clue: 'console.capfFailed', where: { match: 'unknown', tvs: 'none' } }],
      lacks: [{ clue: 'outcome' }],
      when: found => found.some(({ clue, values }) => clue === 'console.capfFailed' && Number(values.tookMs) >= AT_ONCE_MS),
      shows: [{ clue: 'status.LSC_CONNECTION_FAILED' }],
    },
    { weight: 80, needs: [{ clue: 'run.failure', where: { reason: ['PHONE_CONNECT_TIMEOUT', 'PHONE_CONNECT_FAILED'] } }] },
  ],
}
