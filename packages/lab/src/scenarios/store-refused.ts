import type { Scenario } from '../scenario.ts'
import { newLsc } from './stage/credentials.ts'

export const storeRefused: Scenario = {
  name: 'store-refused',
  broken: 'the CA mixed two phones up: the phone gets a certificate for a key that is not its own, and refuses to store it',
  cause: async stage => {
    stage.capfSettings.issue = async ({ deviceName }) => {
      const { certificateDer } = await newLsc({ deviceName, daysAgo: 0 }, { ...stage, issuer: stage.certificates.capf })
      const notAfter = new Date(stage.clock.nowMs())
      return { certificateDer, notAfter, issuerName: '', issuerNotAfter: notAfter }
    }
    await stage.capf.restart()
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: [
      'CAPF_EV_STORE_CERT_FAIL in State: CAPF_STATE_AWAIT_STORE_CERT_RESP',
      'the phone answered REASON 7',
      '=>DbStatus=CERT_STATUS_UPGRADE_FAIL',
    ],
    statuses: 6,
  },
  cured: 'the CA signs what it was asked to sign',
  cure: async stage => {
    delete stage.capfSettings.issue
    await stage.capf.restart()
    await stage.bootAll()
  },
}
