import type { Scenario } from '../scenario.ts'
import { NEW_LSC_BY_NULL_STRING } from './new-lsc-by-null-string.ts'
import { newManufacturer, newMic } from './stage/credentials.ts'

const DEVICE = 'SEP020000000001'
const TEN_YEARS = 3_650

export const invalidMic: Scenario = {
  name: 'invalid-mic',
  broken: 'the phone is so old that its MIC has ended',
  cause: async stage => {
    const issuer = await newManufacturer(stage)
    stage.capfSettings.micCas = [issuer.certificateDer]
    await stage.capf.restart()
    const mic = await newMic({ deviceName: DEVICE, daysAgo: TEN_YEARS + 365, days: TEN_YEARS }, { ...stage, issuer })
    await stage.enrol(stage.newPhone({ deviceName: DEVICE, authMode: 'mic', mic }), { authMode: 'mic' })
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_OP_FAIL_INVALID_MIC', 'CHAIN_EXPIRED'],
    statuses: 11,
  },
  ...NEW_LSC_BY_NULL_STRING,
}
