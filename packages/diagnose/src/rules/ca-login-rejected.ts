import { enrolled, type Rule } from './rule.ts'

const REFUSED = { clue: 'libest.enrolFailed', where: { number: '22', reached: ['nothing', 'login'] } }

export const caLoginRejected: Rule = {
  name: 'ca-login-rejected',
  about: 'site',
  endsWhen: 'loggedIn',
  explains: ['ca-denied'],
  ways: [
    { weight: 95, needs: [{ clue: 'iis.refusedLogin' }], shows: [REFUSED, { clue: 'libest.loginFailed' }] },
    { weight: 65, needs: [REFUSED], shows: [{ clue: 'libest.loginFailed' }] },
  ],
}

/** CAPF alone says that somebody was not let in: the CA by the registration authority, or it by CAPF. */
export const caLoginRejectedByTrace: Rule = {
  name: 'ca-login-rejected',
  about: 'device',
  ways: [{ weight: 45, needs: [enrolled('AUTH_FAIL')] }],
}
