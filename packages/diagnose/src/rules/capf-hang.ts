import type { Rule } from './rule.ts'

export const capfHang: Rule = {
  name: 'capf-hang',
  about: 'site',
  ways: [{ weight: 75, needs: [{ clue: 'trace.event', where: { event: 'TIMEOUT', state: ['IDLE', 'AWAIT_AUTH_RESP'] } }] }],
}
