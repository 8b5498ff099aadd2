import { setTimeout as delay } from 'node:timers/promises'
import type { ServerOptions } from '../options.ts'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import { CaCertificates } from './ca-certificates.ts'
import type { OnlineCa } from './enrol.ts'
import { Enrolments } from './enrolments.ts'
import { IssueError } from './issue-error.ts'
import type { Issued, IssueRequest, Issuer } from './issuer.ts'
import { certificateLines, clientLines, enrolmentLines, parameterLines } from './online-lines.ts'
import { PendingRequests, type PendingRequestsInit } from './pending-requests.ts'
import type { RequestBuilder } from './request-builder.ts'
import { resumeRequest } from './resume-request.ts'

export type OnlineCaIssuerInit = {
  ca: OnlineCa
  requests: RequestStore
  /** Asked for each request: the CAPF certificate, and with it the subject, may change. */
  builder: () => RequestBuilder
  options: Pick<ServerOptions, 'caTimeoutMs' | 'caLateMs' | 'caConcurrency' | 'caQueue' | 'pendingDays'>
  now: () => Date
  trace: Trace | undefined
  onError: (error: unknown) => void
  onDenied: PendingRequestsInit['onDenied']
  /** The certificates of the CA have become known, or are others now, DER. */
  onCaCertificates: (certificatesDer: readonly Buffer[]) => void
  /** How often the store is asked for requests that are due, ms. */
  pollMs?: number | undefined
}

/** LSCs from a CA behind a registration authority, as CAPF does in the mode Online CA [CAPF-3.7], [CAPF-3.8]. */
export class OnlineCaIssuer implements Issuer {
  readonly timeoutMs: number
  readonly certificateLines = certificateLines
  readonly #init: OnlineCaIssuerInit
  readonly #cas: CaCertificates
  readonly #enrolments: Enrolments
  readonly #pending: PendingRequests

  /** @throws {ServerError} `CA_NAME_RESERVED`, `CA_CERTIFICATE_INVALID`. */
  constructor(init: OnlineCaIssuerInit) {
    const { ca, options } = init
    this.#init = init
    this.#cas = new CaCertificates({
      given: ca.caCertificates,
      fetch: ca.fetchCaCertificates,
      now: init.now,
      onFetched: init.onCaCertificates,
      onError: init.onError,
      retryMs: init.pollMs,
    })
    this.timeoutMs = options.caTimeoutMs
    // In this order: the options of a server have a trace of their own, the name of its file.
    this.#enrolments = new Enrolments({ ...options, ...init, enrol: ca.enrol, cas: this.#cas })
    this.#pending = new PendingRequests({ ...options, ...init, enrolments: this.#enrolments })
  }

  start(): void {
    const { ca, trace } = this.#init
    trace?.write([...parameterLines(ca), ...clientLines(ca.caCertificates)])
    this.#cas.start()
    this.#pending.start()
  }

  /** Requests that are with the CA, and those that wait for their turn. */
  get load(): { running: number; waiting: number } {
    const { running, waiting } = this.#enrolments
    return { running, waiting }
  }

  requestInfo(subject: Pick<IssueRequest, 'deviceName' | 'publicKeyDer'>): Buffer {
    return this.#init.builder().info(subject)
  }

  resume(order: Parameters<NonNullable<Issuer['resume']>>[0]) {
    const { requests, now } = this.#init
    return resumeRequest({ ...order, requests, cas: this.#cas.known, waits: 'CA_PENDING', now })
  }

  readonly issue = async ({ signal, ...request }: IssueRequest): Promise<Issued> => {
    const { builder, options, trace } = this.#init
    const csrDer = request.csrDer ?? (await builder().unsigned(request))
    trace?.write(enrolmentLines(request.deviceName))
    const deadlineMs = performance.now() + options.caTimeoutMs
    for (let kept: { id?: number } = {}; ; ) {
      const answer = await this.#enrolments.ask({ ...request, ...kept, csrDer }, signal)
      if ('issued' in answer) return answer.issued
      const { id, retryAfterMs } = answer
      // RFC 7030 §4.2.3: the same request again after Retry-After; in this session only as long as the phone would wait anyway.
      if (performance.now() + retryAfterMs > deadlineMs)
        throw new IssueError('CA_PENDING', { where: `the CA says: again in ${Math.ceil(retryAfterMs / 1000)} s` })
      await delay(retryAfterMs, undefined, { signal })
      kept = { id }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pending, this.#enrolments, this.#cas].map(part => part[Symbol.asyncDispose]()))
  }
}
