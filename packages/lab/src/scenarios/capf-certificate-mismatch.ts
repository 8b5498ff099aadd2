import type { Scenario } from '../scenario.ts'
import { phoneBeforeNewCapf } from './phone-before-new-capf.ts'

export const capfCertificateMismatch: Scenario = {
  name: 'capf-certificate-mismatch',
  broken: 'the CAPF certificate was regenerated and CAPF restarted, but not TFTP; the phone knows no TVS to ask',
  stage: { hasTvs: false },
  cause: async stage => {
    const phone = await phoneBeforeNewCapf(stage)
    stage.clearLogs()
    await stage.enrol(phone)
    stage.papers.set('CAPF.pem', stage.certificates.capf.certificatePem)
  },
  shows: {
    phone: ['LSC: Connection failed'],
    console: ['No match found in trust list against the item'],
    // The phone goes away after the handshake, before it has said who it is.
    trace: ['CAPF_EV_HANG_UP in State: CAPF_STATE_AWAIT_AUTH_RESP'],
    papers: ['-----BEGIN CERTIFICATE-----'],
    statuses: 2,
  },
  cured: 'TFTP is restarted, and the phone reset',
  cure: async stage => {
    await stage.restartTftp()
    await stage.bootAll()
  },
  after: { phone: ['Trust List Updated'], statuses: 3 },
}
