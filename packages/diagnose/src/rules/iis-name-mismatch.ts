import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const iisNameMismatch: Rule = {
  name: 'iis-name-mismatch',
  ...CA_WEB_SERVER,
  ways: [curlSaid({ where: { number: ['51', '60'], words: /does not match|no alternative certificate subject name/ } })],
}
