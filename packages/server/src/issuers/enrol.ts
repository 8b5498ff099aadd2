import type { IssueErrorCode } from './issue-error.ts'

/** Number and name of libest's EST_ERROR: the trace prints both, and readers look for the name. */
export type LibestResult = { readonly number: number; readonly name: string }

export type EnrolRequest = {
  deviceName: string
  /** PKCS#10, DER. */
  csrDer: Buffer
  /** Ends when nobody waits any longer; the CA may have signed all the same. */
  signal: AbortSignal
}

export type EnrolAnswer =
  | {
      readonly status: 'issued'
      /** Every certificate of the answer, DER, in any order: the one of the request is found by its key. */
      readonly certificatesDer: readonly Buffer[]
      /** Length of the PKCS#7, as the trace prints it. */
      readonly pkcs7Bytes: number
    }
  /** Somebody has to decide: ask again with the same request. */
  | { readonly status: 'pending'; readonly retryAfterMs: number }

/**
 * What the server needs of an Online CA: one function. An EST client towards a registration authority is one.
 *
 * @throws {EnrolError} for what the CA or the way to it says; anything else counts as a CA that could not be reached.
 */
export type Enrol = (request: EnrolRequest) => Promise<EnrolAnswer>

/** Results of libest that the server itself has a use for (est.h, equal in 2.1 and 3.2.0). */
export const LIBEST = {
  NONE: { number: 0, name: 'EST_ERR_NONE' },
  CA_ENROLL_RETRY: { number: 26, name: 'EST_ERR_CA_ENROLL_RETRY' },
  SSL_READ: { number: 35, name: 'EST_ERR_SSL_READ' },
  SYSCALL: { number: 54, name: 'EST_ERR_SYSCALL' },
} as const satisfies Record<string, LibestResult>

/**
 * What a CA that gives no certificate means: the code of the session, and whether asking again with the same request is of no
 * use. Only a denial ends a request that waits: whoever does not let the server in today, or limits its rate, may tomorrow.
 */
export const ENROL_FAILURES = {
  denied: { code: 'CA_REFUSED', isFinal: true },
  refused: { code: 'CA_REFUSED', isFinal: false },
  unauthorised: { code: 'CA_UNAUTHORISED', isFinal: false },
  unreached: { code: 'CA_UNREACHABLE', isFinal: false },
} as const satisfies Record<string, { readonly code: IssueErrorCode; readonly isFinal: boolean }>

export type EnrolFailure = keyof typeof ENROL_FAILURES

/** The CA was asked in vain. */
export class EnrolError extends Error {
  override readonly name = 'EnrolError'
  readonly failure: EnrolFailure
  readonly libest: LibestResult

  constructor(message: string, options: ErrorOptions & { failure: EnrolFailure; libest: LibestResult }) {
    super(message, options)
    this.failure = options.failure
    this.libest = options.libest
  }
}

/** An Online CA: how it is asked, and what the start of a trace says of it. */
export type OnlineCa = {
  readonly enrol: Enrol
  /** Certificates of the CA, DER: what they have signed is believed, and their own end goes into the device row. None: not known. */
  readonly caCertificates: readonly Buffer[]
  /** How they are asked for again: when none are known, and when the CA has signed with another key. */
  readonly fetchCaCertificates?: (signal: AbortSignal) => Promise<readonly Buffer[]>
  readonly host: string
  readonly port: number
  /** Certificate template, or whatever tells the RA which certificates to ask for. */
  readonly template: string
}
