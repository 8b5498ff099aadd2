import type { Rule } from './rule.ts'

export const phoneWithoutSbd: Rule = {
  name: 'phone-without-sbd',
  about: 'device',
  explains: ['no-capf-in-itl'],
  ways: [
    {
      weight: 80,
      needs: [{ clue: 'phone.withoutItl' }],
      shows: [{ clue: 'status.NO_CAPF_SERVER' }, { clue: 'status.NO_TRUST_LIST' }],
    },
  ],
}
