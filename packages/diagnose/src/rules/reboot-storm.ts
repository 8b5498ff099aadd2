import type { Rule } from './rule.ts'

export const rebootStorm: Rule = {
  name: 'reboot-storm',
  about: 'site',
  ways: [{ weight: 80, needs: [{ clue: 'storm.reboot' }] }],
}
