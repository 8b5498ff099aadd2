import { enrolled, outcome, type Rule } from './rule.ts'

export const raDown: Rule = {
  name: 'ra-down',
  about: 'device',
  ways: [{ weight: 92, needs: [enrolled('IP_CONNECT')], shows: [outcome(15)] }],
}
