import t from 'tap'
import { CERT_STATUS, CERT_STATUSES, isFailure, OP_STATUS, type OpStatus } from '../src/status.ts'

/** The list as it was published, written out: 1-33 by number, 34 by its text alone [CAPF-7.2]. */
const PUBLISHED = [
  '1 None = NONE',
  '2 Operation Pending = SCHEDULE',
  '3 Upgrade Success = UPGRADE_SUCCESS',
  '4 Delete Success = DELETE_SUCCESS',
  '5 Troubleshoot Success = TROUBLESHOOT_SUCCESS',
  '6 Upgrade Failed = UPGRADE_FAIL',
  '7 Delete Failed = DELETE_FAIL',
  '8 Troubleshoot Failed = TROUBLESHOOT_FAIL',
  '9 Upgrade Failed: Invalid LSC = UPGRADE_FAIL_INVALID_LSC',
  '10 Upgrade Failed: Invalid Authentication String = UPGRADE_FAIL_INVALID_AUTH_STR',
  '11 Upgrade Failed: Invalid MIC = UPGRADE_FAIL_INVALID_MIC',
  '12 Upgrade Failed: Invalid Credentials = UPGRADE_FAIL_INVALID_CREDENTIALS',
  '13 Upgrade Failed: Phone Communication Failure = UPGRADE_FAIL_PHONE_COMM_ERROR',
  '14 Upgrade Failed: Key Generation Failed/Timeout = UPGRADE_FAIL_OP_TIMED_OUT',
  '15 Upgrade Failed: CA Communication Failure = UPGRADE_FAIL_CA_COMM_ERROR',
  '16 Upgrade Failed: CA Rejected Connection = UPGRADE_FAIL_CA_REJECT',
  '17 Upgrade Failed: User Initiated Request Late/Timeout = UPGRADE_FAIL_LATE_REQUEST',
  '18 Delete Failed: Invalid LSC = DELETE_FAIL_INVALID_LSC',
  '19 Delete Failed: Invalid Authentication String = DELETE_FAIL_INVALID_AUTH_STR',
  '20 Delete Failed: Invalid MIC = DELETE_FAIL_INVALID_MIC',
  '21 Delete Failed: Invalid Credentials = DELETE_FAIL_INVALID_CREDENTIALS',
  '22 Delete Failed: Phone Communication Failure = DELETE_FAIL_PHONE_COMM_ERROR',
  '23 Delete Failed: Key Generation Failed/Timeout = DELETE_FAIL_OP_TIMED_OUT',
  '24 Delete Failed: CA Communication Failure = DELETE_FAIL_CA_COMM_ERROR',
  '25 Delete Failed: CA Rejected Connection = DELETE_FAIL_CA_REJECT',
  '26 Delete Failed: User Initiated Request Late/Timeout = DELETE_FAIL_LATE_REQUEST',
  '27 Troubleshoot Failed: Invalid LSC = TROUBLESHOOT_FAIL_INVALID_LSC',
  '28 Troubleshoot Failed: Invalid Authentication String = TROUBLESHOOT_FAIL_INVALID_AUTH_STR',
  '29 Troubleshoot Failed: Invalid MIC = TROUBLESHOOT_FAIL_INVALID_MIC',
  '30 Troubleshoot Failed: Invalid Credentials = TROUBLESHOOT_FAIL_INVALID_CREDENTIALS',
  '31 Troubleshoot Failed: Phone Communication Failure = TROUBLESHOOT_FAIL_PHONE_COMM_ERROR',
  '32 Troubleshoot Failed: Key Generation Failed/Timeout = TROUBLESHOOT_FAIL_OP_TIMED_OUT',
  '33 Troubleshoot Failed: User Initiated Request Late/Timeout = TROUBLESHOOT_FAIL_LATE_REQUEST',
  '34 Upgrade Failed: No Support for EC only in CAPF version 3 = UPGRADE_FAIL_EC_ONLY',
]

t.test('the certificate statuses 1 to 34 are the published ones', async t => {
  const ours = CERT_STATUSES.map(({ text, name }, number) => `${number} ${text} = ${name.replace(/^CERT_STATUS_/, '')}`)
  t.strictSame(ours.slice(1), PUBLISHED)
  t.ok(CERT_STATUSES.slice(1).every(({ name }) => name.startsWith('CERT_STATUS_')))
  t.strictSame(CERT_STATUSES[0], { text: '', name: '' }, '0 is none of them')
  t.strictSame(CERT_STATUS, { NONE: 1, PENDING: 2 })
})

t.test('operation and operation status give the certificate status', async t => {
  const table = Object.entries(OP_STATUS).map(([name, row]) => [name, row.code, row.install, row.delete, row.troubleshoot])
  t.strictSame(table, [
    ['CAPF_OP_SUCCESS', 0, 3, 4, 5],
    ['CAPF_FETCH_SUCCESS_BUT_NO_CERT', 1, 3, 4, 5],
    ['CAPF_OP_FAIL', 2, 6, 7, 8],
    ['CAPF_OP_FAIL_INVALID_AUTH_STR', 3, 10, 19, 28],
    ['CAPF_OP_FAIL_INVALID_LSC', 4, 9, 18, 27],
    ['CAPF_OP_FAIL_INVALID_MIC', 5, 11, 20, 29],
    ['CAPF_OP_FAIL_INVALID_CREDENTIALS', 6, 12, 21, 30],
    ['CAPF_OP_FAIL_PHONE_COMM_ERROR', 7, 13, 22, 31],
    ['CAPF_OP_FAIL_OP_TIMED_OUT', 8, 14, 23, 32],
    ['CAPF_OP_FAIL_CA_COMM_ERROR', 9, 15, 24, 8],
    ['CAPF_OP_FAIL_CA_REJECT', 10, 16, 25, 8],
    ['CAPF_OP_FAIL_LATE_REQUEST', 11, 17, 26, 33],
    ['CAPF_OP_FAIL_EC_ONLY', 12, 34, 7, 8],
    ['CAPF_OP_FAIL_CA_BUSY', 13, 15, 24, 8],
    ['CAPF_OP_WAITING', 14, 2, 2, 2],
  ])
})

t.test('each number speaks of the operation and the failure that it stands for', async t => {
  const VERBS = { install: 'UPGRADE', delete: 'DELETE', troubleshoot: 'TROUBLESHOOT' } as const
  // Ours: what an operator sees is the order as it was, and a CA that could not be reached.
  const { CAPF_OP_WAITING, CAPF_OP_FAIL_CA_BUSY, ...rest } = OP_STATUS
  t.strictSame(CAPF_OP_FAIL_CA_BUSY, { ...OP_STATUS.CAPF_OP_FAIL_CA_COMM_ERROR, code: CAPF_OP_FAIL_CA_BUSY.code })
  t.equal(CERT_STATUSES[CAPF_OP_WAITING.install]?.name, 'CERT_STATUS_SCHEDULE')
  for (const [name, row] of Object.entries(rest)) {
    for (const operation of ['install', 'delete', 'troubleshoot'] as const) {
      const status = CERT_STATUSES[row[operation]]?.name ?? ''
      const outcome = row.code <= 1 ? 'SUCCESS' : 'FAIL'
      t.ok(status.startsWith(`CERT_STATUS_${VERBS[operation]}_${outcome}`), `${operation} ${name}: ${status}`)
      const cause = name.replace(/^CAPF_OP_FAIL_?/, '')
      const general = `CERT_STATUS_${VERBS[operation]}_FAIL`
      if (row.code > 1) t.ok(status === general || status === `${general}_${cause}`, `${operation} ${name}: ${status}`)
    }
  }
})

t.test('a session that leaves its certificate for later has not failed', async t => {
  const names = Object.keys(OP_STATUS) as OpStatus[]
  t.strictSame(
    names.filter(name => !isFailure(name)),
    ['CAPF_OP_SUCCESS', 'CAPF_FETCH_SUCCESS_BUT_NO_CERT', 'CAPF_OP_WAITING'],
  )
})
