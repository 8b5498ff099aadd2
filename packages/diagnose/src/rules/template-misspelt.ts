import { symptomsBut } from './ca-symptoms.ts'
import type { Rule } from './rule.ts'

export const templateMisspelt: Rule = {
  name: 'template-misspelt',
  about: 'site',
  explains: symptomsBut('template-misspelt'),
  ways: [
    {
      weight: 92,
      needs: [{ clue: 'libest.enrolFailed', where: { number: '22', reached: 'page' } }],
      lacks: [{ clue: 'iis.refusedLogin' }],
      shows: [{ clue: 'ces.pageDone' }, { clue: 'libest.loginFailed' }],
    },
  ],
}
