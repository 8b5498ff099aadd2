import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const caLoginTimeout: Rule = {
  name: 'ca-login-timeout',
  ...CA_WEB_SERVER,
  ways: [curlSaid({ steps: ['loginFailed'], where: { number: '28' } })],
}
