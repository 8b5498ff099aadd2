import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const iisExpired: Rule = {
  name: 'iis-expired',
  ...CA_WEB_SERVER,
  ways: [curlSaid({ where: { number: '60', words: /has expired/ } })],
}
