import { setTimeout as delay } from 'node:timers/promises'
import type { Scenario } from '../scenario.ts'

/** What stands for the half hour that a server allows. */
const ALLOWED_MS = 300
const NEEDED_MS = 700
const HALF_AN_HOUR_MS = 1_800_000

export const keyGenerationTimeout: Scenario = {
  name: 'key-generation-timeout',
  broken: 'the phone takes longer for its key than Maximum Allowable Time for Key Generation',
  stage: { capf: { options: { keyGenerationTimeoutMs: ALLOWED_MS } } },
  cause: stage =>
    stage.enrol(
      stage.newPhone({
        makeKey: async spec => {
          stage.clock.turn(HALF_AN_HOUR_MS)
          await delay(NEEDED_MS)
          return stage.keys.ofPhone(0, spec)
        },
      }),
    ),
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_EV_TIMEOUT in State: CAPF_STATE_AWAIT_KEY_GEN_RESP', 'CAPF_OP_FAIL_OP_TIMED_OUT'],
    statuses: 14,
  },
  cured: 'the phone is allowed more time, and CAPF restarted',
  cure: async stage => {
    stage.capfSettings.options = { keyGenerationTimeoutMs: NEEDED_MS * 10 }
    await stage.capf.restart()
    await stage.bootAll()
  },
}
