import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const onlineCaNameUnresolvable: Rule = {
  name: 'online-ca-name-unresolvable',
  ...CA_WEB_SERVER,
  ways: [curlSaid({ where: { number: '6' } })],
}
