import { randomInt, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type OptionsOf, parseOptions } from '@capfkit/codec/options'
import { type Address, connectionOf, keylogTo, Listener, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import { type CertificateAndKey, formatName, parseCertificate, TrustStore } from '@capfkit/pki'
import { ServerCounters } from './counters.ts'
import { ServerError } from './errors.ts'
import { createIssuer } from './issuers/create-issuer.ts'
import type { OnlineCa } from './issuers/enrol.ts'
import type { Issue, Issuer } from './issuers/issuer.ts'
import { logSession, why } from './log.ts'
import { StoreNode } from './node.ts'
import { SERVER_OPTIONS } from './options.ts'
import { Session } from './session.ts'
import type { SessionContext, SessionSummary } from './session-context.ts'
import type { DeviceStore } from './store/store.ts'
import { FileTrace, type Trace } from './trace.ts'
import { rejectedLine } from './trace-lines.ts'

export type CapfServerInit = {
  store: DeviceStore
  /** The CAPF certificate: what phones are told to trust, and the issuer of LSCs unless `ca` is given. */
  certificate: CertificateAndKey
  /** Another CA that signs the LSCs. */
  ca?: CertificateAndKey
  /** Another way to get a certificate signed, whatever the option `issuer` says. */
  issue?: Issue
  /** The CA of `issuer: 'online'`. */
  onlineCa?: OnlineCa
  /** Certificates (DER) of the manufacturing CAs behind MICs and SUDI. */
  micCas?: readonly Buffer[]
  /** Further issuers of LSCs that are believed, such as the CAPF certificate of before (DER). */
  lscCas?: readonly Buffer[]
  /** Values of {@link SERVER_OPTIONS}. */
  options?: Partial<OptionsOf<typeof SERVER_OPTIONS>>
  /** Share the port with other processes. */
  reusePort?: boolean
  /** In the place of the option `trace`; it ends with the server. */
  trace?: Trace
  log?: Logger
  /** The time that certificates and orders are judged by. */
  now?: () => Date
  /** Called at the end of each session, e.g. for a test or a dashboard. */
  onSession?: (summary: SessionSummary) => void
  /** How often the store is asked for certificate requests that are due. Default 5000 ms. */
  pollMs?: number
}

/**
 * The CAPF service of one process [CAPF-1]: listens, runs a session for each phone, keeps the device store.
 *
 * `await using server = await CapfServer.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class CapfServer implements AsyncDisposable {
  readonly counters = new ServerCounters()
  readonly #init: CapfServerInit
  readonly #options: OptionsOf<typeof SERVER_OPTIONS>
  readonly #node: StoreNode
  readonly #trace: Trace | undefined
  readonly #listener: Listener
  readonly #lscTrust: TrustStore
  /** Sessions whose outcome is not written yet: a phone that hung up leaves its session behind for a moment. */
  readonly #running = new Set<Promise<void>>()
  #certificate: CertificateAndKey
  #context: SessionContext
  #address: AddressInfo | undefined
  #closed: Promise<void> | undefined

  private constructor(init: CapfServerInit) {
    this.#init = init
    this.#options = parseOptions(SERVER_OPTIONS, init.options)
    this.#certificate = init.certificate
    const { store, log } = init
    const now = init.now ?? (() => new Date())
    this.#node = new StoreNode({
      id: randomUUID(),
      store,
      now,
      onError: error => log?.error(why(error), 'the store did not answer'),
    })
    const { trace: file } = this.#options
    const fileTrace = () => file && new FileTrace({ file, now, onError: error => log?.error({ err: error }, 'no trace') })
    this.#trace = init.trace ?? (fileTrace() || undefined)
    const { lscCas = [], onlineCa } = init
    this.#lscTrust = new TrustStore({ anchors: [...lscCas, (init.ca ?? init.certificate).certificateDer] })
    const issuer = this.#createIssuer(now)
    for (const certificateDer of onlineCa?.caCertificates ?? []) this.#lscTrust.add(certificateDer)
    this.#context = {
      store,
      issuer,
      trust: { lsc: this.#lscTrust, mic: new TrustStore({ anchors: init.micCas ?? [] }) },
      options: this.#options,
      trace: this.#trace,
      node: this.#node.id,
      now,
      newSessionId: () => randomInt(2 ** 32),
      newToken: randomUUID,
      orphan: lease => this.#node.orphan(lease),
      ended: summary => this.#ended(summary),
    }
    this.#listener = this.#createListener()
  }

  /** @throws {ServerError}, ListenError or OptionError: a certificate that cannot serve, a store that is away, a port in use, a wrong option. */
  static async start(init: CapfServerInit): Promise<CapfServer> {
    const server = new CapfServer(init)
    try {
      await server.#node.start()
      server.#address = await server.#listener.listen()
      server.#context.issuer.start?.()
    } catch (error) {
      await server.#dispose()
      throw error
    }
    return server
  }

  /** Where it listens, with the port that was picked for port 0. */
  get address(): Address {
    return { host: this.#address?.address ?? '', port: this.#address?.port ?? 0 }
  }

  get sessions(): number {
    return this.#listener.sessions
  }

  get connections(): number {
    return this.#listener.connections
  }

  /** Requests that are with the CA, and those that wait for their turn. */
  get caLoad(): { running: number; waiting: number } {
    return this.#context.issuer.load ?? { running: 0, waiting: 0 }
  }

  /**
   * Serve another CAPF certificate, and sign with it, from the next connection on. Running sessions end as they began.
   *
   * @throws {ServerError} `SERVER_CERTIFICATE_INVALID`; the certificate of before then stays.
   */
  reload(certificate: CertificateAndKey): void {
    const before = this.#certificate
    this.#certificate = certificate
    const { issue, ca, now = () => new Date() } = this.#init
    // Any other issuer asks for the certificate whenever it needs it.
    const signsItself = this.#options.issuer === 'local' && !issue
    try {
      const issuer = signsItself ? this.#createIssuer(now) : this.#context.issuer
      this.#listener.reload(tlsProfile(certificate, this.#options))
      this.#context = { ...this.#context, issuer }
    } catch (cause) {
      this.#certificate = before
      throw cause instanceof ServerError ? cause : new ServerError('SERVER_CERTIFICATE_INVALID', 'the CAPF certificate', { cause })
    }
    this.#lscTrust.add((ca ?? certificate).certificateDer)
  }

  /** Take no more connections and let the sessions end, at most `drainTimeoutMs`; the second call waits for the first. */
  close(drainTimeoutMs = this.#options.drainTimeoutMs): Promise<void> {
    this.#closed ??= this.#close(drainTimeoutMs)
    return this.#closed
  }

  /** End at once: running sessions get END_SESSION, their devices stay pending. */
  cut(): void {
    this.#listener.cut()
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    await this.#listener.close(drainTimeoutMs)
    await this.#outcomesWritten()
    await this.#dispose()
  }

  async #dispose(): Promise<void> {
    await this.#context.issuer[Symbol.asyncDispose]()
    await this.#node[Symbol.asyncDispose]()
    await this.#trace?.[Symbol.asyncDispose]()
  }

  /** A store that does not answer is not waited for longer than one that is locked. */
  async #outcomesWritten(): Promise<void> {
    const patience = new AbortController()
    const gaveUp = delay(this.#options.storeLockTimeoutMs, undefined, patience).catch(() => {})
    await Promise.race([Promise.all(this.#running), gaveUp])
    patience.abort()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0)
  }

  #createIssuer(now: () => Date): Issuer {
    const { store, ca, issue, onlineCa, lscCas = [], log, pollMs } = this.#init
    return createIssuer({
      options: this.#options,
      requests: store.requests,
      certificate: () => this.#certificate,
      ca,
      issue,
      onlineCa,
      lscCas,
      now,
      trace: this.#trace,
      onError: error => log?.error(why(error), 'what the CA said could not be used, or not be kept'),
      onDenied: (deviceName, denial) => log?.warn({ deviceName, ...why(denial) }, 'the CA has denied a request that waited'),
      onCaCertificates: certificatesDer => {
        for (const certificateDer of certificatesDer) this.#lscTrust.add(certificateDer)
        const names = certificatesDer.map(der => formatName(parseCertificate(der).subject))
        log?.info({ names }, 'the certificates of the Online CA are known')
      },
      pollMs,
    })
  }

  #createListener(): Listener {
    const { log, certificate, reusePort = false } = this.#init
    const { listen, handshakeTimeoutMs, maxConnections, maxConnectionsPerAddress, keylog } = this.#options
    try {
      return new Listener({
        ...parseAddress(listen),
        reusePort,
        tls: tlsProfile(certificate, this.#options),
        handshakeTimeoutMs,
        maxConnections,
        maxConnectionsPerAddress,
        onSecure: socket => {
          const session = new Session(this.#context, connectionOf(socket))
          const { over } = session
          this.#running.add(over)
          void over.then(() => this.#running.delete(over))
          session.start()
          return session
        },
        onRejected: rejected => {
          this.counters.rejected(rejected.why)
          this.#trace?.write(rejectedLine(rejected))
          log?.debug(rejected, 'connection refused')
        },
        ...(keylog ? { onKeylog: keylogTo({ file: keylog, onError: err => log?.error({ err }, 'no key log') }) } : {}),
      })
    } catch (cause) {
      throw new ServerError('SERVER_CERTIFICATE_INVALID', 'the CAPF certificate', { cause })
    }
  }

  #ended(summary: SessionSummary): void {
    this.counters.ended(summary)
    if (this.#init.log) logSession(this.#init.log, summary)
    this.#init.onSession?.(summary)
  }
}
