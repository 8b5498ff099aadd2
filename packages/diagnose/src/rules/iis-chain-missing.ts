import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const iisChainMissing: Rule = {
  name: 'iis-chain-missing',
  ...CA_WEB_SERVER,
  ways: [
    curlSaid({
      where: {
        number: '60',
        words: /unable to get (?:local )?issuer certificate|in certificate chain|unable to verify the first certificate/,
      },
    }),
  ],
}
