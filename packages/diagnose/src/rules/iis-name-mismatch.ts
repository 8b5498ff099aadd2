import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

export const iisNameMismatch: Rule = {
  name: 'iis-name-mismatch',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  ways: [
    {
      weight: 92,
      needs: [
        curlFailed(['loginFailed', 'pageFailed', 'caCertsFailed'], {
          number: ['51', '60'],
          words: /does not match|no alternative certificate subject name/,
        }),
      ],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
