import { outcome, type Rule } from './rule.ts'

export const operationExpired: Rule = {
  name: 'operation-expired',
  about: 'device',
  ways: [
    { weight: 95, needs: [outcome(17)], shows: [{ clue: 'trace.note' }, { clue: 'status.LSC_FAILED' }] },
    // The only cause of these words that the vendor gives.
    { weight: 25, needs: [{ clue: 'status.LSC_FAILED' }], lacks: [{ clue: 'outcome' }] },
  ],
}
