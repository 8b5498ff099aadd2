import type { FindingName } from '../findings/index.ts'

/** What phones and CAPF make of a CA that could not be asked, whatever the reason. */
export const CA_SYMPTOMS: readonly FindingName[] = ['ca-enrol-timeout', 'ca-login-rejected', 'template-misspelt', 'ca-denied']
