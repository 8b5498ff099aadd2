import type { Scenario } from '../scenario.ts'
import { NEW_LSC_BY_NULL_STRING } from './new-lsc-by-null-string.ts'
import { newLsc } from './stage/credentials.ts'

const DEVICE = 'SEP020000000001'

export const invalidCredentials: Scenario = {
  name: 'invalid-credentials',
  broken: 'the phone shows an LSC whose key it does not have: it signs with another one',
  cause: async stage => {
    const lsc = await newLsc({ deviceName: DEVICE, key: 'another' }, { ...stage, issuer: stage.certificates.capf })
    await stage.enrol(stage.newPhone({ deviceName: DEVICE, authMode: 'lsc', lsc }), { authMode: 'lsc' })
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_OP_FAIL_INVALID_CREDENTIALS', 'signature over the device name'],
    statuses: 12,
  },
  ...NEW_LSC_BY_NULL_STRING,
}
