import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const iisNotYetValid: Rule = {
  name: 'iis-not-yet-valid',
  ...CA_WEB_SERVER,
  ways: [curlSaid({ where: { number: '60', words: /not yet valid/ } })],
}
