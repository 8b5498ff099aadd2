import type { Scenario } from '../scenario.ts'

export const wrongKey: Scenario = {
  name: 'wrong-key',
  broken: 'the phone makes an RSA key of 1024 bits although it is asked for 2048',
  cause: stage => stage.enrol(stage.newPhone({ makeKey: () => stage.keys.ofPhone(0, { type: 'rsa', bits: 1024 }) })),
  shows: {
    phone: ['LSC: Failed'],
    trace: ['asked for rsa:2048, got rsa:1024', 'CAPF_EV_KEY_GEN_FAIL', 'CAPF_OP_FAIL_OP_TIMED_OUT'],
    statuses: 14,
  },
  cured: 'the phone gets other firmware, which makes what it is asked for',
  cure: async stage => {
    for (const phone of [...stage.phones]) await stage.boot(stage.replacePhone(phone, {}))
  },
}
