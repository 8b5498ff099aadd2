import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

export const iisNotYetValid: Rule = {
  name: 'iis-not-yet-valid',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  ways: [
    {
      weight: 92,
      needs: [curlFailed(['loginFailed', 'pageFailed', 'caCertsFailed'], { number: '60', words: /not yet valid/ })],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
