import type { Scenario } from '../scenario.ts'

export const phoneLost: Scenario = {
  name: 'phone-lost',
  broken: 'somebody pulls the plug of the phone while it makes its key',
  cause: async stage => {
    const plug = new AbortController()
    const phone = stage.newPhone({
      makeKey: async spec => {
        plug.abort()
        return stage.keys.ofPhone(0, spec)
      },
    })
    await stage.order(phone)
    await stage.boot(phone, { signal: plug.signal })
  },
  shows: {
    trace: ['CAPF_EV_HANG_UP in State: CAPF_STATE_AWAIT_KEY_GEN_RESP', 'CAPF_OP_FAIL_PHONE_COMM_ERROR'],
    statuses: 13,
  },
  cured: 'the phone has power again, and comes by itself',
  cure: stage => stage.bootAll(),
}
