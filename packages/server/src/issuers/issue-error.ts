import { causeWords, errorMessage } from '@capfkit/codec/errors'
import type { OpStatus } from '../status.ts'

type IssueErrorRow = {
  readonly what: string
  readonly remedy: string
  readonly status: OpStatus
  /** No failure of this session: the certificate comes with a later one. */
  readonly later?: true
}

const REFUSED = { status: 'CAPF_OP_FAIL_CA_REJECT' } as const
const UNREACHED = { status: 'CAPF_OP_FAIL_CA_COMM_ERROR' } as const

/** Every way in which a session gets no certificate of its CA, and the status that the operation then has [CAPF-7.1]. */
export const ISSUE_ERRORS = {
  CA_REFUSED: { what: 'the CA does not sign this request', remedy: 'see what the CA says, and its policy', ...REFUSED },
  CA_UNAUTHORISED: {
    what: 'the registration authority does not let the request in',
    remedy:
      'check --ra-user and its password; a registration authority says the same when its CA does not let it in, or does not know the certificate template: see its error.log',
    ...REFUSED,
  },
  CA_UNREACHABLE: {
    what: 'the CA could not be asked',
    remedy: 'check --ra, the network between, and the log of the RA',
    ...UNREACHED,
  },
  CA_TIMEOUT: {
    what: 'the CA did not answer in time',
    remedy: 'look at the CA; --ca-timeout-ms says how long it may take',
    ...UNREACHED,
  },
  CA_PENDING: {
    what: 'the CA has the request, and no certificate yet',
    remedy: 'have it approved, if somebody has to; the CA is asked again, and the phone gets its certificate when it comes next',
    ...REFUSED,
    later: true,
  },
  CA_QUEUE_FULL: {
    what: 'too many requests wait for the CA already',
    remedy: 'the phone may come again; see why the CA is slow, or raise --ca-queue',
    status: 'CAPF_OP_FAIL_CA_BUSY',
  },
  CA_BAD_ANSWER: { what: 'the answer of the CA holds no certificate', remedy: 'see the log of the RA', ...UNREACHED },
  CA_OTHER_KEY: {
    what: 'the CA gave a certificate for another key',
    remedy: 'the phone may come again; see capf stale-lsc list for what became of the certificate',
    ...REFUSED,
  },
  CA_NOT_ISSUER: {
    what: 'the certificate is not signed by the CA whose certificates are known',
    remedy: 'see capf est cacerts: the CA that signs must be in what the registration authority says there',
    ...REFUSED,
  },
  CA_CERTIFICATE_TOO_LARGE: {
    what: 'the certificate is too large for a CAPF frame',
    remedy: 'have the CA leave out what a phone does not need',
    ...REFUSED,
  },
  REQUEST_UNSIGNED: {
    what: 'the phone did not offer to sign its certificate request',
    remedy:
      'use a phone that offers it (capf phone enrol --sign-requests), or --unsigned-requests capf-key with a CA that takes requests without proof of possession',
    ...REFUSED,
  },
  REQUEST_KEPT: {
    what: 'the certificate request is kept for an offline CA',
    remedy: 'take it with capf csr dump, and bring the certificate with capf cert import',
    status: 'CAPF_OP_WAITING',
    later: true,
  },
  REQUEST_LOST: { what: 'the device was removed meanwhile', remedy: 'add it again', ...REFUSED },
} as const satisfies Record<string, IssueErrorRow>

export type IssueErrorCode = keyof typeof ISSUE_ERRORS

/** Why there is no certificate, or none yet. `where` says more of this one case: an address, a subject, a time. */
export class IssueError extends Error {
  override readonly name = 'IssueError'
  readonly code: IssueErrorCode

  constructor(code: IssueErrorCode, { where, ...options }: ErrorOptions & { where?: string } = {}) {
    const { what, remedy } = ISSUE_ERRORS[code]
    super(errorMessage(code, { where, what, detail: causeWords(options), remedy }), options)
    this.code = code
  }

  get status(): OpStatus {
    return ISSUE_ERRORS[this.code].status
  }

  get comesLater(): boolean {
    const row: IssueErrorRow = ISSUE_ERRORS[this.code]
    return row.later === true
  }
}
