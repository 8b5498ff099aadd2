import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

export const onlineCaNameUnresolvable: Rule = {
  name: 'online-ca-name-unresolvable',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  ways: [
    {
      weight: 92,
      needs: [curlFailed(['loginFailed', 'pageFailed', 'caCertsFailed'], { number: '6' })],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
