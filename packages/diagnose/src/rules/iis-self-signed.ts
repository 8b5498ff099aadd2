import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

const STEPS = ['loginFailed', 'pageFailed', 'caCertsFailed'] as const

export const iisSelfSigned: Rule = {
  name: 'iis-self-signed',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  replaces: ['iis-chain-missing'],
  ways: [
    {
      weight: 94,
      needs: [curlFailed(STEPS, { number: '60', words: /self[- ]signed certificate(?! in )/ })],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
    {
      weight: 94,
      // The product's log says the same of both: the certificate tells, or that it was uploaded as trust to no avail.
      needs: [
        curlFailed(STEPS, { number: '60', words: /unable to get (?:local )?issuer certificate/ }),
        { clue: ['certificate.selfSigned', 'derived.trustedWebServer'] },
      ],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
