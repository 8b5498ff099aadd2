import { outcome, type Rule } from './rule.ts'

const REFUSED = { clue: 'trace.event', where: { event: 'STORE_CERT_FAIL' } }

export const storeRefused: Rule = {
  name: 'store-refused',
  about: 'device',
  ways: [
    { weight: 95, needs: [REFUSED], shows: [outcome(6), { clue: 'trace.note' }] },
    { weight: 70, needs: [outcome(6)] },
  ],
}
