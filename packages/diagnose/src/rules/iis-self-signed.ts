import { CA_WEB_SERVER, curlSaid } from './ca-web-server.ts'
import type { Rule } from './rule.ts'

export const iisSelfSigned: Rule = {
  name: 'iis-self-signed',
  ...CA_WEB_SERVER,
  replaces: ['iis-chain-missing'],
  ways: [
    curlSaid({ weight: 94, where: { number: '60', words: /self[- ]signed certificate(?! in )/ } }),
    curlSaid({
      weight: 94,
      // The product's log says the same of both: the certificate tells, or that it was uploaded as trust to no avail.
      where: { number: '60', words: /unable to get (?:local )?issuer certificate/ },
      further: [{ clue: ['certificate.selfSigned', 'derived.trustedWebServer'] }],
    }),
  ],
}
