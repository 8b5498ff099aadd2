import type { Scenario } from '../scenario.ts'

/** Ten seconds pass in one. */
const RATE = 10

export const caEnrolTimeout: Scenario = {
  name: 'ca-enrol-timeout',
  broken: 'the CA takes the login and does not answer the request',
  stage: { online: { capfTimeoutMs: 10_000, raTimeoutMs: 30_000 }, clockRate: RATE },
  cause: async stage => {
    stage.online.adcs.party.setFault('certfnsh', { kind: 'silent' })
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Failed'],
    errorLog: ['navigate_to_certsrv_page: Secure connection to MS CertServ completed successfully'],
    trace: [
      'Calling enrollCertUsingEST()',
      'Enrollment rv = 35 (EST_ERR_SSL_READ) with pkcs7 length = 0',
      '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR',
    ],
    statuses: 15,
  },
  cured: 'the CA answers again',
  cure: async stage => {
    stage.online.adcs.party.setFault('certfnsh')
    await stage.bootUntilWell()
  },
}
