import { enrolled, outcome, type Rule } from './rule.ts'

export const estHttpWrite: Rule = {
  name: 'est-http-write',
  about: 'device',
  ways: [{ weight: 90, needs: [enrolled('HTTP_WRITE', 'SSL_WRITE')], shows: [outcome(15)] }],
}
