import { CodedError } from '@capfkit/codec/errors'
import { EST_ERRORS, type EstErrorCode, type EstErrorRow } from './error-table.ts'
import { type LibestError, libestError } from './libest-errors.ts'

export { EST_ERRORS, type EstErrorCode } from './error-table.ts'

export type EstErrorInit = {
  /** Operation and address, file or folder. */
  readonly where: string
  /** More about this one case; no secrets. */
  readonly detail?: string
  /** HTTP status, where there was an answer. */
  readonly status?: number
  /** How long to wait before asking again, where the server said so. */
  readonly retryAfterMs?: number
  /** What came in the place of the certificate that was wanted, DER: it may be the answer to an older request. */
  readonly certificates?: readonly Buffer[]
  readonly cause?: unknown
}

/** Why an enrolment failed. `libest` and `curl` are what those programs call it. */
export class EstError extends CodedError<EstErrorCode> {
  override readonly name = 'EstError'
  readonly detail: string | undefined
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly libest: LibestError
  readonly curl: number | undefined
  readonly certificates: readonly Buffer[]

  constructor(code: EstErrorCode, { where, detail, status, retryAfterMs, certificates = [], cause }: EstErrorInit) {
    const row: EstErrorRow = EST_ERRORS[code]
    super(code, { where, what: row.what, detail, remedy: row.remedy }, { cause })
    this.detail = detail
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.certificates = certificates
    this.libest = libestError(row.libest)
    this.curl = row.curl
  }
}

/** Words of a peer, fit for a terminal and a log: one line, no control characters, not long. */
export const quoted = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200)
