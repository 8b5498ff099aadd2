import type { Scenario } from '../scenario.ts'

export const ecOnlyOnV2: Scenario = {
  name: 'ec-only-on-v2',
  broken: 'Key Order is EC Only, and the client speaks version 2 of CAPF',
  cause: stage => stage.enrol(stage.newPhone({ protocolVersion: 2 }), { keyOrder: 'ec' }),
  shows: {
    phone: ['LSC: Failed'],
    trace: ['KeyOrder=KEYORDER_EC_ONLY:2', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_EC_ONLY'],
    statuses: 34,
  },
  cured: 'Key Order becomes EC Preferred, RSA Backup',
  cure: async stage => {
    for (const phone of stage.phones) await stage.enrol(phone, { keyOrder: 'ec-preferred' })
  },
}
