import type { NginxLevel } from '@capfkit/codec/trace'
import type { CsrAttrs } from '@capfkit/pki'
import type { OperationName } from '../wire/operations.ts'

/** What a CA is told of who asks, and how it can be told more. */
export type EnrolContext = {
  readonly operation: OperationName
  /** The CA that was asked for, where there are several. */
  readonly label?: string
  /** Who logged in over HTTP. */
  readonly user?: string
  /** The certificate of TLS client authentication, DER. */
  readonly clientCertificateDer?: Buffer
  readonly remoteAddress: string
  /** What this CA gave with `pending` for the same key, when it is asked again. */
  readonly reference?: string
  /** Ends when the server stops, or the time for pending requests is over. A client that goes away does not end it. */
  readonly signal: AbortSignal
  /** A line for the error.log: what the CA is being asked, as it happens. */
  readonly note: (level: NginxLevel, text: string) => void
}

/** What becomes of a request. */
export type EnrolAnswer =
  | { readonly status: 'issued'; readonly certificateDer: Buffer }
  /** Not decided: ask again with the same key, and with `reference` in the context. */
  | { readonly status: 'pending'; readonly reference?: string; readonly retryAfterMs?: number }
  | { readonly status: 'denied'; readonly message: string }
  /**
   * The CA does not let this server in, or knows nothing that it asks for (a template). The product answers both as if the
   * client had shown a wrong password [EST-5.4].
   */
  | { readonly status: 'unauthorised'; readonly message: string }

/**
 * What an EST server needs of a CA. The embedded CA, AD CS and a folder are three; whoever has another one writes it down like
 * this.
 */
export type Authority = {
  /** Sign a request whose form, signature and key were checked. @throws {AuthorityError} when the CA cannot be asked. */
  enrol(csrDer: Buffer, context: EnrolContext): Promise<EnrolAnswer>
  /** The certificates of the CA and those above it, DER. @throws {AuthorityError} */
  caCerts(context: Pick<EnrolContext, 'label' | 'signal' | 'note'>): Promise<readonly Buffer[]>
  /** What requests should have; nothing where the CA does not say. */
  csrAttrs?(label: string | undefined): CsrAttrs | undefined
  /** A full CMC request to the CA and its answer, both DER and not looked into. Without it there is no such operation. */
  fullCmc?(requestDer: Buffer, context: EnrolContext): Promise<Buffer>
}

/** Why a CA could not be asked. Each has a row among the refusals of the server, too. */
export const AUTHORITY_FAILURES = {
  caUnreachable: 'the CA cannot be reached',
  caSilent: 'the CA did not answer in time',
  caMisunderstood: 'the answer of the CA cannot be read',
  caFailed: 'the CA failed',
} as const

export type AuthorityFailure = keyof typeof AUTHORITY_FAILURES

/** The CA could not be asked. The message is for the log; a client is told what the refusal says. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError'
  readonly failure: AuthorityFailure

  constructor(failure: AuthorityFailure, message: string, options?: ErrorOptions) {
    super(`${AUTHORITY_FAILURES[failure]}: ${message}`, options)
    this.failure = failure
  }
}
