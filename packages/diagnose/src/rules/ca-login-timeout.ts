import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Rule } from './rule.ts'

export const caLoginTimeout: Rule = {
  name: 'ca-login-timeout',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: CA_SYMPTOMS,
  ways: [
    {
      weight: 92,
      needs: [curlFailed(['loginFailed'], { number: '28' })],
      shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
    },
  ],
}
