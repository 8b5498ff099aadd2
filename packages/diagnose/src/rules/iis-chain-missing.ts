import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

export const iisChainMissing: Rule = {
  name: 'iis-chain-missing',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  ways: [
    {
      weight: 92,
      needs: [
        curlFailed(['loginFailed', 'pageFailed', 'caCertsFailed'], {
          number: '60',
          words: /unable to get (?:local )?issuer certificate|in certificate chain|unable to verify the first certificate/,
        }),
      ],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
