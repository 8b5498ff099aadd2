import { note, type Rule } from './rule.ts'

export const staleLsc: Rule = {
  name: 'stale-lsc',
  about: 'device',
  ways: [{ weight: 85, needs: [note(/\bstale LSC\b|superseded/)] }],
}
