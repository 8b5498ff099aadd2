import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import { type Address, HttpListener, keylogTo, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import { type CertificateAndKey, derToPem, formatName } from '@capfkit/pki'
import { type Authority, AuthorityError } from '../authority/authority.ts'
import { EstError } from '../errors.ts'
import { Login } from '../http-auth/login.ts'
import { isMediaType } from '../wire/media-type.ts'
import { operation as operationOf } from '../wire/operations.ts'
import { parsePath } from '../wire/path.ts'
import { type Answer, refusalStatus, refused, send } from './answer.ts'
import { EstCounters } from './counters.ts'
import { Enrolments } from './enrolments.ts'
import { ErrorLog } from './error-log.ts'
import { identify } from './identify.ts'
import { type Desk, PERFORM } from './operations.ts'
import { EST_SERVER_OPTIONS, type EstServerOptions } from './options.ts'
import { PROFILES, type Profile } from './profiles.ts'
import { Refused } from './refusals.ts'
import { readRequestBody } from './request-body.ts'
import { RequestLog, type RequestSummary } from './request-log.ts'

export type EstServerInit = {
  readonly authority: Authority
  /** What the server shows in TLS; `certificatePem` may have the certificates above it behind it. */
  readonly certificate: CertificateAndKey
  /** Passwords by user. */
  readonly users?: ReadonlyMap<string, string>
  /** Client certificates are trusted when they end in one of these, DER. Without any none is asked for. */
  readonly clientCas?: readonly Buffer[]
  /** Values of {@link EST_SERVER_OPTIONS}. */
  readonly options?: Partial<EstServerOptions>
  readonly log?: Logger
  /** The error.log of a registration authority. */
  readonly errorLog?: ErrorLog
  readonly now?: () => Date
  readonly randomBytes?: (size: number) => Buffer
  /** Called at the end of each request, e.g. for a test or a dashboard. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/** What becomes known of a request on its way. */
type Findings = { -readonly [K in 'operation' | 'label' | 'user' | 'subject']?: RequestSummary[K] }

/**
 * An EST server, or a registration authority: it checks who asks for what, and asks a CA (RFC 7030, 8951).
 *
 * `await using server = await EstServer.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class EstServer implements AsyncDisposable {
  readonly counters = new EstCounters()
  readonly #init: EstServerInit
  readonly #options: EstServerOptions
  readonly #profile: Profile
  readonly #login: Login | undefined
  readonly #desk: Desk
  readonly #errorLog: ErrorLog
  readonly #listener: HttpListener
  readonly #now: () => Date
  /** As nginx counts them. */
  readonly #connectionNumbers = new WeakMap<object, number>()
  #lastConnection = 0
  #address: Address = { host: '', port: 0 }
  #closed: Promise<void> | undefined

  private constructor(init: EstServerInit) {
    this.#init = init
    this.#options = parseOptions(EST_SERVER_OPTIONS, init.options)
    this.#profile = PROFILES[this.#options.profile]
    this.#now = init.now ?? (() => new Date())
    this.#errorLog = init.errorLog ?? new ErrorLog({ sink: { write: () => {} }, now: this.#now })
    const { authority, users = new Map<string, string>(), randomBytes = cryptoRandomBytes } = init
    const { httpAuth, realm, answerTimeoutMs, pendingTimeoutMs, maxPending } = this.#options
    if (httpAuth !== 'off')
      this.#login = new Login({ scheme: httpAuth, realm, passwordOf: user => users.get(user), now: this.#now, randomBytes })
    const now = () => this.#now().getTime()
    const enrolments = new Enrolments({ authority, answerTimeoutMs, pendingTimeoutMs, maxPending, now })
    this.#desk = { authority, enrolments, options: this.#options, profile: this.#profile }
    this.#listener = this.#createListener()
  }

  /** @throws {EstError} `EST_CREDENTIAL_INVALID`; ListenError, OptionError: a port in use, a wrong option. */
  static async start(init: EstServerInit): Promise<EstServer> {
    const server = new EstServer(init)
    server.#address = await server.#listener.listen()
    server.#startLines()
    return server
  }

  /** Where it listens, with the port that was picked for port 0. */
  get address(): Address {
    return this.#address
  }

  get connections(): number {
    return this.#listener.connections
  }

  /** Requests that the CA has not decided, or whose certificate nobody has taken. */
  get pending(): number {
    return this.#desk.enrolments.pending
  }

  /** Show another certificate from the next connection on. @throws {EstError} `EST_CREDENTIAL_INVALID` */
  reload(certificate: CertificateAndKey): void {
    this.#usable(() => this.#listener.reload(this.#tls(certificate)))
  }

  /** Take no more connections, let answers end for `drainTimeoutMs`. */
  close(drainTimeoutMs = this.#options.drainTimeoutMs): Promise<void> {
    this.#closed ??= this.#listener.close(drainTimeoutMs).finally(() => this.#desk.enrolments.stop())
    return this.#closed
  }

  /** End every connection now. */
  cut(): void {
    this.#desk.enrolments.stop()
    this.#listener.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0)
  }

  #usable<T>(use: () => T): T {
    try {
      return use()
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new EstError('EST_CREDENTIAL_INVALID', { where: 'the certificate of the EST server', detail, cause })
    }
  }

  #tls(certificate: CertificateAndKey): TlsOptions {
    const { clientCas = [] } = this.#init
    const { clientCertificates, tlsMinVersion, tlsMaxVersion } = this.#options
    const asks = clientCertificates !== 'off' && clientCas.length > 0
    return {
      ...tlsProfile(certificate, { legacyTls: false, tlsMinVersion, tlsMaxVersion }),
      requestCert: asks,
      rejectUnauthorized: asks && clientCertificates === 'required',
      // Never the roots of the system: they say nothing of who may enrol.
      ca: clientCas.map(der => derToPem(der)),
    }
  }

  #createListener(): HttpListener {
    const { log, certificate } = this.#init
    const { listen, keylog } = this.#options
    return this.#usable(
      () =>
        new HttpListener({
          ...parseAddress(listen),
          limits: this.#options,
          tls: this.#tls(certificate),
          answer: (request, response) => void this.#serve(request, response),
          onRejected: rejected => {
            this.counters.refused(rejected.why)
            log?.debug(rejected, 'connection refused')
          },
          ...(keylog ? { onKeylog: keylogTo({ file: keylog, onError: err => log?.error({ err }, 'no key log') }) } : {}),
        }),
    )
  }

  /** What the product says when it starts. */
  #startLines(): void {
    if (this.#options.proofOfPossession === 'off')
      this.#errorLog.starting('warn', 'pop_enabled off in nginx.conf. Disabling EST Proof of Possession')
    this.#errorLog.libest('curve')
    this.#errorLog.libest('noSrp')
  }

  #connectionNumber(socket: object): number {
    const known = this.#connectionNumbers.get(socket)
    if (known !== undefined) return known
    this.#lastConnection += 1
    this.#connectionNumbers.set(socket, this.#lastConnection)
    return this.#lastConnection
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now()
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const connection = this.#connectionNumber(request.socket)
    const requestLog = new RequestLog({ log: this.#errorLog, request, connection, options: this.#options })
    const findings: Findings = {}
    let answer: Answer
    let failure: Refused | undefined
    try {
      answer = await this.#answer({ request, response, requestLog, findings, gone: gone.signal })
    } catch (error) {
      failure = this.#refusalFor(error)
      answer = refused(failure, this.#profile)
      requestLog.refused(failure, refusalStatus(failure.why, this.#profile))
    }
    const bytes = Buffer.byteLength(answer.body)
    if (!response.destroyed) send(response, { answer, profile: this.#profile })
    requestLog.ended({ status: answer.status, bytes, at: this.#now() })
    const detail = failure?.detail ?? failure?.internal
    this.#ended({
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

  /** @throws {Refused} {AuthorityError} */
  async #answer(what: {
    request: IncomingMessage
    response: ServerResponse
    requestLog: RequestLog
    findings: Findings
    gone: AbortSignal
  }): Promise<Answer> {
    const { request, response, requestLog, findings, gone } = what
    const asked = parsePath((request.url ?? '').split('?', 1)[0] ?? '')
    if (!asked) throw new Refused('noPath')
    Object.assign(findings, asked)
    const row = operationOf(asked.operation)
    if (request.method !== row.method) throw new Refused('wrongMethod', { headers: { allow: row.method } })
    if (row.authenticated && !(request.socket as TLSSocket).authorized) requestLog.noPeerCertificate()
    const client = row.authenticated ? identify(request, { login: this.#login, options: this.#options }) : {}
    if (client.user !== undefined) findings.user = client.user
    if (row.body !== undefined && !isMediaType(request.headers['content-type'], row.body)) throw new Refused('wrongType')
    const { maxRequestBytes, answerTimeoutMs, idleTimeoutMs } = this.#options
    const body = row.body === undefined ? Buffer.alloc(0) : await readRequestBody(request, { response, maxBytes: maxRequestBytes })
    // Silence while the CA is at it is not idleness.
    request.socket.setTimeout(answerTimeoutMs + idleTimeoutMs)
    const context = {
      ...asked,
      ...(client.user === undefined ? {} : { user: client.user }),
      ...(client.certificateDer ? { clientCertificateDer: client.certificateDer } : {}),
      remoteAddress: request.socket.remoteAddress ?? 'unknown',
      note: requestLog.note,
    }
    const about = ({ csr }: { csr: { subject: Parameters<typeof formatName>[0] } }) => {
      findings.subject = formatName(csr.subject)
    }
    return PERFORM[asked.operation]({ request, body, client, context, gone, about }, this.#desk)
  }

  #refusalFor(error: unknown): Refused {
    if (error instanceof Refused) return error
    if (error instanceof AuthorityError) return new Refused(error.failure, { internal: error.message, cause: error })
    // The client went away in the middle, or a mistake of ours: either way nothing of it is for the other side.
    return new Refused('caFailed', { internal: error instanceof Error ? error.message : String(error), cause: error })
  }

  #ended(summary: RequestSummary): void {
    this.counters.ended(summary)
    const isFailure = summary.status >= 400 && !(summary.why === 'login' && summary.detail === undefined)
    this.#init.log?.[isFailure ? 'warn' : 'info'](summary, isFailure ? 'request refused' : 'request answered')
    this.#init.onRequest?.(summary)
  }
}
