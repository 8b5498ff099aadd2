import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import { type Address, HttpListener, keylogTo, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import { type CertificateAndKey, derToPem } from '@capfkit/pki'
import { type Authority, AuthorityError } from '../authority/authority.ts'
import { EstError } from '../errors.ts'
import { Login } from '../http-auth/login.ts'
import { EstCounters, type EstReport } from './counters.ts'
import { Enrolments } from './enrolments.ts'
import { ErrorLog } from './error-log.ts'
import { EST_SERVER_OPTIONS, type EstServerOptions } from './options.ts'
import { PROFILES, type Profile } from './profiles.ts'
import type { References } from './reference-folder.ts'
import { RequestHandler } from './request-handler.ts'
import { logRequest, type RequestSummary } from './request-log.ts'
import { logStart, startNote } from './start-log.ts'

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
  /** Where it keeps what the CA calls requests that it has not decided; without it they are submitted anew after a restart. */
  readonly references?: References
  readonly log?: Logger
  /** The error.log of a registration authority. */
  readonly errorLog?: ErrorLog
  readonly now?: () => Date
  readonly randomBytes?: (size: number) => Buffer
  /** Called at the end of each request, e.g. for a test or a dashboard. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/**
 * An EST server, or a registration authority: it checks who asks for what, and asks a CA (RFC 7030, 8951).
 *
 * `await using server = await EstServer.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class EstServer implements AsyncDisposable {
  readonly counters = new EstCounters()
  readonly #init: EstServerInit
  readonly #options: EstServerOptions
  readonly #enrolments: Enrolments
  readonly #handler: RequestHandler
  readonly #errorLog: ErrorLog
  readonly #listener: HttpListener
  readonly #now: () => Date
  #address: Address = { host: '', port: 0 }
  /** Ends what the server asks for on its own. */
  readonly #ending = new AbortController()
  #prepared: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  private constructor(init: EstServerInit) {
    this.#init = init
    this.#options = parseOptions(EST_SERVER_OPTIONS, init.options)
    this.#now = init.now ?? (() => new Date())
    this.#errorLog = init.errorLog ?? new ErrorLog({ sink: { write: () => {} }, now: this.#now })
    const { authority, references, log, onRequest } = init
    const { answerTimeoutMs, pendingTimeoutMs, maxPending } = this.#options
    const now = () => this.#now().getTime()
    const limits = { answerTimeoutMs, pendingTimeoutMs, maxPending }
    this.#enrolments = new Enrolments({ authority, ...limits, now, ...(references ? { references } : {}) })
    const profile = PROFILES[this.#options.profile]
    const login = this.#createLogin(profile)
    this.#handler = new RequestHandler({
      desk: { authority, enrolments: this.#enrolments, options: this.#options, profile },
      errorLog: this.#errorLog,
      now: this.#now,
      ...(login ? { login } : {}),
      onEnded: summary => {
        this.counters.ended(summary)
        if (log) logRequest(log, summary)
        onRequest?.(summary)
      },
    })
    this.#listener = this.#createListener()
  }

  /** @throws {EstError} `EST_CREDENTIAL_INVALID`; ListenError, OptionError: a port in use, a wrong option. */
  static async start(init: EstServerInit): Promise<EstServer> {
    const server = new EstServer(init)
    server.#address = await server.#listener.listen()
    server.#prepare()
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
    return this.#enrolments.pending
  }

  report(): EstReport {
    const { connections, pending, counters } = this
    return {
      connections,
      pending,
      requests: Object.fromEntries(counters.requests),
      rejected: Object.fromEntries(counters.rejected),
    }
  }

  /** Show another certificate from the next connection on. @throws {EstError} `EST_CREDENTIAL_INVALID` */
  reload(certificate: CertificateAndKey): void {
    this.#usable(() => this.#listener.reload(this.#tls(certificate)))
  }

  /** Take no more connections, let answers end for `drainTimeoutMs`. */
  close(drainTimeoutMs = this.#options.drainTimeoutMs): Promise<void> {
    this.#closed ??= this.#close(drainTimeoutMs)
    return this.#closed
  }

  /** End every connection now. */
  cut(): void {
    this.#enrolments.stop()
    this.#listener.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0)
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    this.#ending.abort()
    await this.#listener.close(drainTimeoutMs)
    this.#enrolments.stop()
    await this.#prepared
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

  #createLogin({ digests }: Profile): Login | undefined {
    const { users = new Map<string, string>(), randomBytes = cryptoRandomBytes } = this.#init
    const { httpAuth, realm } = this.#options
    if (httpAuth === 'off') return undefined
    const passwordOf = (user: string) => users.get(user)
    return new Login({ scheme: httpAuth, algorithms: digests, realm, passwordOf, now: this.#now, randomBytes })
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
          answer: (request, response) => void this.#handler.serve(request, response),
          onRejected: rejected => {
            this.counters.refused(rejected.why)
            log?.debug(rejected, 'connection refused')
          },
          ...(keylog ? { onKeylog: keylogTo({ file: keylog, onError: err => log?.error({ err }, 'no key log') }) } : {}),
        }),
    )
  }

  /** The CA is asked for its certificates at once: what is wrong with it shall be seen before a phone comes. */
  #prepare(): void {
    logStart(this.#errorLog, { trusted: this.#init.clientCas ?? [], options: this.#options })
    const context = { signal: this.#ending.signal, note: startNote(this.#errorLog) }
    this.#prepared = this.#init.authority.caCerts(context).then(
      () => {},
      err => {
        const why = err instanceof AuthorityError ? { failure: err.failure, detail: err.message } : { err }
        this.#init.log?.warn(why, 'the CA cannot be asked')
      },
    )
  }
}
