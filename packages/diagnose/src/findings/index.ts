import { AUTHENTICATION_FINDINGS } from './authentication.ts'
import { LOAD_FINDINGS } from './load.ts'
import { ONLINE_CA_FINDINGS } from './online-ca.ts'
import { TRUST_FINDINGS } from './trust.ts'

export { type FindingRow, SEVERITIES, type Severity } from './row.ts'

/** Everything that a diagnosis can find, by the name under which a laboratory causes it. */
export const FINDINGS = {
  ...TRUST_FINDINGS,
  ...AUTHENTICATION_FINDINGS,
  ...ONLINE_CA_FINDINGS,
  ...LOAD_FINDINGS,
} as const

export type FindingName = keyof typeof FINDINGS
