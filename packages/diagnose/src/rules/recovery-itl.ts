import type { Rule } from './rule.ts'

export const recoveryItl: Rule = {
  name: 'recovery-itl',
  about: 'site',
  ways: [{ weight: 80, needs: [{ clue: 'itl.twoHeaders' }] }],
}
