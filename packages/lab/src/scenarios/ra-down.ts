import type { Scenario } from '../scenario.ts'

export const raDown: Scenario = {
  name: 'ra-down',
  broken: 'the registration authority (Cisco Certificate Enrollment Service) is stopped',
  stage: { online: {} },
  cause: async stage => {
    await stage.online.ra.stop()
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['Enrollment rv = 43 (EST_ERR_IP_CONNECT)', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR'],
    statuses: 15,
    lacks: { errorLog: ['simpleenroll'] },
  },
  cured: 'the service is started',
  cure: async stage => {
    await stage.online.ra.start()
    await stage.bootAll()
  },
}
