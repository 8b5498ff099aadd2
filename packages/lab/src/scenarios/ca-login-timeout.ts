import type { Scenario } from '../scenario.ts'

/** Ten seconds pass in one. */
const RATE = 10

export const caLoginTimeout: Scenario = {
  name: 'ca-login-timeout',
  broken: 'the CA web server takes connections and does not answer the login',
  stage: { online: {}, clockRate: RATE },
  cause: async stage => {
    const { adcs, ra } = stage.online
    await ra.stop()
    stage.clearLogs()
    adcs.party.setFault('login', { kind: 'silent' })
    await ra.start()
    await stage.capf.restart()
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Failed'],
    nginx: [
      'login_to_certsrv_ca: Curl call for MS CA login failed with return code 28 (Operation timed out after 10',
      'with 0 bytes received)',
      'ra_certsrv_ca_plugin_postconf: Unable to retrieve CA Cert chain from CA',
    ],
    trace: ['Online Cert Signing Failed', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR'],
    statuses: 15,
  },
  cured: 'the CA web server answers again',
  cure: async stage => {
    const { adcs, ra } = stage.online
    adcs.party.setFault('login')
    await ra.restart()
    await stage.bootUntilWell()
  },
}
