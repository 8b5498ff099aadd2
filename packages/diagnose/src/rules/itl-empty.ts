import type { Rule } from './rule.ts'

export const itlEmpty: Rule = {
  name: 'itl-empty',
  about: 'site',
  explains: ['itl-corrupt', 'no-capf-in-itl', 'itl-mismatch'],
  ways: [{ weight: 95, needs: [{ clue: 'itl.missing' }], shows: [{ clue: 'itl.noTftpNodes' }] }],
}
