import type { Scenario } from '../scenario.ts'
import { newManufacturer, newMic } from './stage/credentials.ts'

const DEVICE = 'SEP020000000001'

export const micOnlyPrecedenceLsc: Scenario = {
  name: 'mic-only-precedence-lsc',
  broken: 'authentication is by existing certificate, the phone has a MIC only, and CAPF does not trust its manufacturer',
  cause: async stage => {
    const issuer = await newManufacturer(stage)
    const mic = await newMic({ deviceName: DEVICE }, { ...stage, issuer })
    await stage.enrol(stage.newPhone({ deviceName: DEVICE, authMode: 'lsc', mic }), { authMode: 'lsc' })
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['AUTH_BY_CERT_LSC', 'CAPF_OP_FAIL_INVALID_MIC', 'CHAIN_UNKNOWN_ISSUER'],
    statuses: 11,
  },
  cured: 'the manufacturing CA is uploaded as CAPF-trust, and CAPF restarted',
  cure: async stage => {
    stage.capfSettings.micCas = [(await newManufacturer(stage)).certificateDer]
    await stage.capf.restart()
    await stage.bootAll()
  },
}
