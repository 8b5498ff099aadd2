import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type DistinguishedName, formatName } from '@capfkit/pki'
import { AuthorityError } from '../authority/authority.ts'
import type { Login } from '../http-auth/login.ts'
import { isMediaType } from '../wire/media-type.ts'
import { operation as operationOf } from '../wire/operations.ts'
import { parsePath } from '../wire/path.ts'
import { type Answer, refusalStatus, refused, send } from './answer.ts'
import type { ErrorLog } from './error-log.ts'
import { type Client, identify } from './identify.ts'
import { type Desk, PERFORM } from './operations.ts'
import { Refused } from './refusals.ts'
import { readRequestBody } from './request-body.ts'
import { RequestLog, type RequestSummary } from './request-log.ts'

export type RequestHandlerInit = {
  readonly desk: Desk
  /** How clients log in; without it they do not. */
  readonly login?: Login
  readonly errorLog: ErrorLog
  readonly now: () => Date
  /** Called at the end of each request. */
  onEnded(summary: RequestSummary): void
}

/** What becomes known of a request on its way. */
type Findings = { -readonly [K in 'operation' | 'label' | 'user' | 'subject']?: RequestSummary[K] }

type Served = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestLog: RequestLog
  readonly findings: Findings
  /** Ends when the client has gone. */
  readonly gone: AbortSignal
}

/** One request after the other: who asks, for what, with which bytes; and what is answered, and said of it. */
export class RequestHandler {
  readonly #init: RequestHandlerInit
  /** As nginx counts them. */
  readonly #connectionNumbers = new WeakMap<object, number>()
  #lastConnection = 0

  constructor(init: RequestHandlerInit) {
    this.#init = init
  }

  /** Never throws: whatever goes wrong is an answer. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now()
    const { desk, errorLog: log, now } = this.#init
    const { profile, options } = desk
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const requestLog = new RequestLog({ log, request, connection: this.#connectionNumber(request.socket), options })
    const findings: Findings = {}
    let answer: Answer
    let failure: Refused | undefined
    try {
      answer = await this.#answer({ request, response, requestLog, findings, gone: gone.signal })
    } catch (error) {
      failure = refusalFor(error)
      answer = refused(failure, profile)
      requestLog.refused(failure, refusalStatus(failure.why, profile))
    }
    const bytes = Buffer.byteLength(answer.body)
    if (!response.destroyed) send(response, { answer, profile })
    requestLog.ended({ status: answer.status, bytes, at: now() })
    const detail = failure?.detail ?? failure?.internal
    this.#init.onEnded({
      remoteAddress: request.socket.remoteAddress ?? 'unknown',
      operation: 'none',
      ...findings,
      status: answer.status,
      bytes,
      durationMs: performance.now() - startedAt,
      ...(failure ? { why: failure.why } : {}),
      ...(detail === undefined ? {} : { detail }),
    })
  }

  #connectionNumber(socket: object): number {
    const known = this.#connectionNumbers.get(socket)
    if (known !== undefined) return known
    this.#lastConnection += 1
    this.#connectionNumbers.set(socket, this.#lastConnection)
    return this.#lastConnection
  }

  /** @throws {Refused} {AuthorityError} */
  async #answer(served: Served): Promise<Answer> {
    const { request, response, requestLog, findings, gone } = served
    const { desk } = this.#init
    const asked = parsePath((request.url ?? '').split('?', 1)[0] ?? '')
    if (!asked) throw new Refused('noPath')
    Object.assign(findings, asked)
    const { method, body: type, authenticated = false } = operationOf(asked.operation)
    if (request.method !== method) throw new Refused('wrongMethod', { headers: { allow: method } })
    const client = authenticated ? this.#identify(served) : {}
    if (type !== undefined && !isMediaType(request.headers['content-type'], type)) throw new Refused('wrongType')
    const { maxRequestBytes: maxBytes, answerTimeoutMs, idleTimeoutMs } = desk.options
    const body = type === undefined ? Buffer.alloc(0) : await readRequestBody(request, { response, maxBytes })
    // Silence while the CA is at it is not idleness.
    request.socket.setTimeout(answerTimeoutMs + idleTimeoutMs)
    const context = {
      ...asked,
      ...(client.user === undefined ? {} : { user: client.user }),
      ...(client.certificateDer ? { clientCertificateDer: client.certificateDer } : {}),
      remoteAddress: request.socket.remoteAddress ?? 'unknown',
      note: requestLog.note,
    }
    const about = (subject: DistinguishedName) => {
      findings.subject = formatName(subject)
    }
    return PERFORM[asked.operation]({ request, body, client, context, gone, about }, desk)
  }

  #identify({ request, requestLog, findings }: Served): Client {
    const { desk, login } = this.#init
    if (!(request.socket as TLSSocket).authorized) requestLog.noPeerCertificate()
    const client = identify(request, { login, options: desk.options })
    if (client.user !== undefined) findings.user = client.user
    return client
  }
}

const refusalFor = (cause: unknown): Refused => {
  if (cause instanceof Refused) return cause
  if (cause instanceof AuthorityError) return new Refused(cause.failure, { internal: cause.message, cause })
  // The client went away in the middle, or a mistake of ours: either way nothing of it is for the other side.
  return new Refused('caFailed', { internal: cause instanceof Error ? cause.message : String(cause), cause })
}
