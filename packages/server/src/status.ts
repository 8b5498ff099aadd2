/** How an operation ended, inside CAPF [CAPF-7.1]. Numbers 9 and 10 are inferred, 12 to 14 are *ours*: the product has no public ones. */
export const OP_STATUS = {
  CAPF_OP_SUCCESS: { code: 0, install: 3, delete: 4, troubleshoot: 5 },
  CAPF_FETCH_SUCCESS_BUT_NO_CERT: { code: 1, install: 3, delete: 4, troubleshoot: 5 },
  CAPF_OP_FAIL: { code: 2, install: 6, delete: 7, troubleshoot: 8 },
  CAPF_OP_FAIL_INVALID_AUTH_STR: { code: 3, install: 10, delete: 19, troubleshoot: 28 },
  CAPF_OP_FAIL_INVALID_LSC: { code: 4, install: 9, delete: 18, troubleshoot: 27 },
  CAPF_OP_FAIL_INVALID_MIC: { code: 5, install: 11, delete: 20, troubleshoot: 29 },
  CAPF_OP_FAIL_INVALID_CREDENTIALS: { code: 6, install: 12, delete: 21, troubleshoot: 30 },
  CAPF_OP_FAIL_PHONE_COMM_ERROR: { code: 7, install: 13, delete: 22, troubleshoot: 31 },
  CAPF_OP_FAIL_OP_TIMED_OUT: { code: 8, install: 14, delete: 23, troubleshoot: 32 },
  // The troubleshoot operation never speaks to the CA, so its general failure stands in [CAPF-7.2].
  CAPF_OP_FAIL_CA_COMM_ERROR: { code: 9, install: 15, delete: 24, troubleshoot: 8 },
  CAPF_OP_FAIL_CA_REJECT: { code: 10, install: 16, delete: 25, troubleshoot: 8 },
  CAPF_OP_FAIL_LATE_REQUEST: { code: 11, install: 17, delete: 26, troubleshoot: 33 },
  CAPF_OP_FAIL_EC_ONLY: { code: 12, install: 34, delete: 7, troubleshoot: 8 },
  // Not asked for want of room, which an operator sees as a CA that cannot be reached.
  CAPF_OP_FAIL_CA_BUSY: { code: 13, install: 15, delete: 24, troubleshoot: 8 },
  // No failure: the certificate comes later, and the row shows the order as pending until then.
  CAPF_OP_WAITING: { code: 14, install: 2, delete: 2, troubleshoot: 2 },
} as const satisfies Record<string, { code: number; install: CertStatus; delete: CertStatus; troubleshoot: CertStatus }>

export type OpStatus = keyof typeof OP_STATUS

const NO_FAILURES: readonly OpStatus[] = ['CAPF_OP_SUCCESS', 'CAPF_FETCH_SUCCESS_BUT_NO_CERT', 'CAPF_OP_WAITING']

export const isFailure = (status: OpStatus): boolean => !NO_FAILURES.includes(status)

const nineFailures = (verb: string, name: string) => [
  { text: `${verb} Failed: Invalid LSC`, name: `CERT_STATUS_${name}_FAIL_INVALID_LSC` },
  { text: `${verb} Failed: Invalid Authentication String`, name: `CERT_STATUS_${name}_FAIL_INVALID_AUTH_STR` },
  { text: `${verb} Failed: Invalid MIC`, name: `CERT_STATUS_${name}_FAIL_INVALID_MIC` },
  { text: `${verb} Failed: Invalid Credentials`, name: `CERT_STATUS_${name}_FAIL_INVALID_CREDENTIALS` },
  { text: `${verb} Failed: Phone Communication Failure`, name: `CERT_STATUS_${name}_FAIL_PHONE_COMM_ERROR` },
  { text: `${verb} Failed: Key Generation Failed/Timeout`, name: `CERT_STATUS_${name}_FAIL_OP_TIMED_OUT` },
  { text: `${verb} Failed: CA Communication Failure`, name: `CERT_STATUS_${name}_FAIL_CA_COMM_ERROR` },
  { text: `${verb} Failed: CA Rejected Connection`, name: `CERT_STATUS_${name}_FAIL_CA_REJECT` },
  { text: `${verb} Failed: User Initiated Request Late/Timeout`, name: `CERT_STATUS_${name}_FAIL_LATE_REQUEST` },
]

/** What tkCertificateStatus of a device row can be: the index is the number, 1-34 [CAPF-7.2]. */
export const CERT_STATUSES: readonly { text: string; name: string }[] = [
  { text: '', name: '' },
  { text: 'None', name: 'CERT_STATUS_NONE' },
  { text: 'Operation Pending', name: 'CERT_STATUS_SCHEDULE' },
  { text: 'Upgrade Success', name: 'CERT_STATUS_UPGRADE_SUCCESS' },
  { text: 'Delete Success', name: 'CERT_STATUS_DELETE_SUCCESS' },
  { text: 'Troubleshoot Success', name: 'CERT_STATUS_TROUBLESHOOT_SUCCESS' },
  { text: 'Upgrade Failed', name: 'CERT_STATUS_UPGRADE_FAIL' },
  { text: 'Delete Failed', name: 'CERT_STATUS_DELETE_FAIL' },
  { text: 'Troubleshoot Failed', name: 'CERT_STATUS_TROUBLESHOOT_FAIL' },
  ...nineFailures('Upgrade', 'UPGRADE'),
  ...nineFailures('Delete', 'DELETE'),
  // A troubleshoot has no CA to fail.
  ...nineFailures('Troubleshoot', 'TROUBLESHOOT').filter(({ name }) => !name.includes('_CA_')),
  { text: 'Upgrade Failed: No Support for EC only in CAPF version 3', name: 'CERT_STATUS_UPGRADE_FAIL_EC_ONLY' },
]

/** A number of {@link CERT_STATUSES}. */
export type CertStatus = number

export const CERT_STATUS = { NONE: 1, PENDING: 2 } as const
