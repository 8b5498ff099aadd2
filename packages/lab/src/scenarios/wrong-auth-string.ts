import type { Scenario } from '../scenario.ts'

const RIGHT = '271828'
const WRONG_TIMES = 10
/** How long somebody takes to type it. */
const TYPING_MS = 12_000
const LOCK_MS = 600_000

export const wrongAuthString: Scenario = {
  name: 'wrong-auth-string',
  broken: 'the user types another string than the one that was ordered, ten times, and then the right one',
  cause: async stage => {
    const phone = stage.newPhone({ authMode: 'string', authString: '314159' })
    await stage.order(phone, { authMode: 'string', authString: RIGHT })
    for (let time = 0; time < WRONG_TIMES; time++) {
      await stage.boot(phone)
      stage.clock.turn(TYPING_MS)
    }
    phone.phone.configure({ authString: RIGHT })
    await stage.boot(phone)
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_OP_FAIL_INVALID_AUTH_STR', 'wrong authentication string', 'locked after too many wrong authentication strings'],
    statuses: 10,
  },
  cured: 'ten minutes pass, and the user types the right string',
  cure: async stage => {
    stage.clock.turn(LOCK_MS)
    for (const phone of stage.phones) await stage.boot(phone)
  },
}
