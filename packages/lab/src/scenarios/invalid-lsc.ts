import type { Scenario } from '../scenario.ts'
import { NEW_LSC_BY_NULL_STRING } from './new-lsc-by-null-string.ts'
import { serviceCertificate } from './stage/certificates.ts'
import { newLsc } from './stage/credentials.ts'

const DEVICE = 'SEP020000000001'
const OTHER_SITE = 2

export const invalidLsc: Scenario = {
  name: 'invalid-lsc',
  broken: 'the phone shows an LSC of the CAPF of another cluster',
  cause: async stage => {
    const issuer = await serviceCertificate('capf', { keys: stage.keys, now: stage.clock.now, generation: OTHER_SITE })
    const lsc = await newLsc({ deviceName: DEVICE }, { ...stage, issuer })
    await stage.enrol(stage.newPhone({ deviceName: DEVICE, authMode: 'lsc', lsc }), { authMode: 'lsc' })
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_OP_FAIL_INVALID_LSC', 'CHAIN_UNKNOWN_ISSUER'],
    statuses: 9,
  },
  ...NEW_LSC_BY_NULL_STRING,
}
