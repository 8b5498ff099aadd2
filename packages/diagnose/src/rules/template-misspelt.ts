import type { Rule } from './rule.ts'

export const templateMisspelt: Rule = {
  name: 'template-misspelt',
  about: 'site',
  endsWhen: 'served',
  explains: ['ca-login-rejected', 'ca-denied'],
  ways: [
    {
      weight: 92,
      needs: [{ clue: 'libest.enrolFailed', where: { number: '22', reached: 'page' } }],
      shows: [{ clue: 'ces.pageDone' }, { clue: 'libest.loginFailed' }],
    },
  ],
}
