import type { KeySpec } from '@capfkit/pki'
import type { TraceEntry } from '../trace.ts'
import type { IssueError } from './issue-error.ts'

/** What is wanted of the CA: a certificate for this device and this key. */
export type IssueRequest = {
  deviceName: string
  /** SubjectPublicKeyInfo, DER; type and size were checked already. */
  publicKeyDer: Buffer
  /** PKCS#10, DER, signed by the phone and checked [CAPF-3.7]: only where the issuer wants one and the phone offered it. */
  csrDer?: Buffer
  /** Ends when the phone is gone or the time is up. */
  signal: AbortSignal
}

/** A signed certificate and who signed it. */
export type Issued = {
  certificateDer: Buffer
  notAfter: Date
  issuerName: string
  /** Epoch 0 when the certificate of the issuer is not known. */
  issuerNotAfter: Date
  /** The kept request that it answers, where the issuer keeps requests. */
  requestId?: number
  /** What will go wrong with it later, in a sentence with its code. */
  warning?: string
}

/**
 * What a session needs of whoever signs: one function. The embedded CA is one.
 *
 * @throws {IssueError} when the CA says no, cannot be reached, or has no answer yet.
 */
export type Issue = (request: IssueRequest) => Promise<Issued>

/** What is there already for a device from an earlier session: its certificate, or the reason why it has to wait. */
export type Resumed = { readonly issued: Issued } | { readonly waits: IssueError }

/** Whoever signs, with all that differs between a local CA and one that is asked [CAPF-3.7], [CAPF-3.8]. */
export type Issuer = AsyncDisposable & {
  readonly issue: Issue
  /** How long an answer may take beyond the reply time-out of a session, ms. */
  readonly timeoutMs: number
  /** Requests that are with the CA, and those that wait for their turn. */
  readonly load?: { running: number; waiting: number }
  /** The server listens: begin with what is done beside the sessions. */
  start?(): void
  /** CertificationRequestInfo, DER, for the phone to sign; absent where the issuer needs no request. */
  requestInfo?(subject: Pick<IssueRequest, 'deviceName' | 'publicKeyDer'>): Buffer
  /** The request of an earlier session that fits this order. */
  resume?(order: { deviceName: string; keySpec: KeySpec }): Promise<Resumed | undefined>
  /** What the trace says of the certificate that was got, between CA and phone. */
  certificateLines?(deviceName: string): TraceEntry[]
}
