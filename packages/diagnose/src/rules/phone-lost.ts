import { outcome, type Rule } from './rule.ts'

/** States in which a phone owes an answer and the device is known. */
const OWED = /^AWAIT_(?:KEY_GEN|SIGN_CERT|STORE_CERT|FETCH_CERT|DELETE_CERT|CA_CERT)_RESP$/
const GONE = { clue: 'trace.event', where: { event: ['HANG_UP', 'TIMEOUT', 'PROTOCOL_ERROR'], state: OWED } }

export const phoneLost: Rule = {
  name: 'phone-lost',
  about: 'device',
  ways: [
    { weight: 85, needs: [outcome(13)], shows: [GONE, { clue: 'trace.note' }] },
    { weight: 55, needs: [{ ...GONE, where: { ...GONE.where, event: 'HANG_UP' } }] },
  ],
}
