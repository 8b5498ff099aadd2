import type { Scenario } from '../scenario.ts'

export const capfServiceDown: Scenario = {
  name: 'capf-service-down',
  broken: 'CAPF is stopped',
  // A refusal comes at once, however busy this machine is.
  stage: { clockRate: 0.1 },
  cause: async stage => {
    await stage.capf.stop()
    stage.clearLogs()
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Connection failed'],
    console: ['SEC_CAPF_BIO_F: CAPF create bio failed', 'SEC_CAPF_OP_F: CAPF operation failed, ret -7'],
    statuses: 2,
    lacks: { trace: ['SEP'] },
  },
  cured: 'CAPF is started',
  cure: async stage => {
    await stage.capf.start()
    for (const phone of stage.phones) await stage.boot(phone)
  },
}
