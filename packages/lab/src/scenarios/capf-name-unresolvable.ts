import { PUBLISHER } from '../lying-resolver.ts'
import type { Scenario } from '../scenario.ts'

export const capfNameUnresolvable: Scenario = {
  name: 'capf-name-unresolvable',
  broken: 'the DNS of the phones does not know the publisher by the name in their configuration',
  cause: async stage => {
    stage.names.forget(PUBLISHER)
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: [`DNS unknown IPv4 host ${PUBLISHER}`, 'LSC: Connection failed'],
    console: [
      `reply ${PUBLISHER} is NXDOMAIN-IPv4`,
      'Sec create BIO - invalid parameter.',
      'SEC_CAPF_OP_F: CAPF operation failed, ret -7',
    ],
    statuses: 2,
  },
  cured: 'the name is added to the DNS',
  cure: async stage => {
    stage.names.add(PUBLISHER)
    await stage.bootAll()
  },
}
