import type { LibestErrorName } from '../libest-errors.ts'

type Refusal = {
  readonly status: number
  /** Where libest answers something else. */
  readonly libestStatus?: number
  readonly libest: LibestErrorName
  /** What a person reads. The phrases of libest where there is one. */
  readonly phrase: string
}

/**
 * Everything that is not 200, one row each: walked by the server, its log and docs. A 401 has no body, whatever its row says:
 * a real client dies of one [EST-2.3].
 */
export const REFUSALS = {
  noPath: { status: 404, libest: 'HTTP_NOT_FOUND', phrase: 'The path specified is not recognized.' },
  noOperation: { status: 404, libest: 'HTTP_NOT_FOUND', phrase: 'This operation is not available.' },
  wrongMethod: { status: 405, libestStatus: 400, libest: 'WRONG_METHOD', phrase: 'The HTTP method is not one of this path.' },
  wrongType: {
    status: 415,
    libestStatus: 400,
    libest: 'BAD_CONTENT_TYPE',
    phrase: 'The content type of the request is not one of this path.',
  },
  noLength: { status: 411, libestStatus: 400, libest: 'BAD_CONTENT_LEN', phrase: 'The request must have a Content-Length.' },
  empty: { status: 400, libest: 'BAD_CONTENT_LEN', phrase: 'The request is empty.' },
  tooLarge: { status: 413, libest: 'BAD_CONTENT_LEN', phrase: 'The request is too large.' },
  badBase64: { status: 400, libest: 'BAD_PKCS10', phrase: 'Invalid or corrupted pkcs10 request.' },
  badCsr: { status: 400, libest: 'BAD_PKCS10', phrase: 'Invalid or corrupted pkcs10 request.' },
  badCmc: { status: 400, libest: 'HTTP_BAD_REQ', phrase: 'The request cannot be read.' },
  keyEncryption: { status: 400, libest: 'HTTP_BAD_REQ', phrase: 'Encryption of the private key is not available.' },
  login: { status: 401, libest: 'AUTH_FAIL', phrase: 'The server was unable to authorize the request.' },
  popFailed: { status: 401, libest: 'AUTH_FAIL_TLSUID', phrase: 'Proof of Possession Mismatch.' },
  unauthorised: { status: 401, libest: 'AUTH_FAIL', phrase: 'The server was unable to authorize the request.' },
  otherNames: {
    status: 403,
    libest: 'AUTH_FAIL',
    phrase: 'A renewal must have the subject and the alternative names of the client certificate.',
  },
  noCertificate: { status: 403, libest: 'NO_CERTIFICATE', phrase: 'A renewal needs the client certificate that it renews.' },
  denied: { status: 403, libest: 'CA_ENROLL_FAIL', phrase: 'The CA denied the request.' },
  pending: { status: 202, libest: 'CA_ENROLL_RETRY', phrase: 'The request is not decided yet.' },
  busy: { status: 503, libest: 'CA_ENROLL_RETRY', phrase: 'Too many requests are under way.' },
  caFailed: { status: 500, libest: 'CA_ENROLL_FAIL', phrase: 'The CA failed.' },
  caMisunderstood: { status: 502, libest: 'HTTP_UNSUPPORTED', phrase: 'The answer of the CA cannot be read.' },
  caUnreachable: { status: 504, libest: 'IP_CONNECT', phrase: 'The CA cannot be reached.' },
  caSilent: { status: 504, libest: 'SSL_READ', phrase: 'The CA did not answer in time.' },
} as const satisfies Record<string, Refusal>

export type RefusalName = keyof typeof REFUSALS

export const refusal = (name: RefusalName): Refusal => REFUSALS[name]

type RefusedInit = {
  /** What is wrong with this very request; the client is told. */
  readonly detail?: string
  /** What only the log may know. */
  readonly internal?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly cause?: unknown
}

/** A request ends here. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly why: RefusalName
  readonly detail: string | undefined
  readonly internal: string | undefined
  readonly headers: NonNullable<RefusedInit['headers']>

  constructor(why: RefusalName, { detail, internal, headers = {}, cause }: RefusedInit = {}) {
    super(detail === undefined ? REFUSALS[why].phrase : `${REFUSALS[why].phrase} ${detail}`, { cause })
    this.why = why
    this.detail = detail
    this.internal = internal
    this.headers = headers
  }
}
