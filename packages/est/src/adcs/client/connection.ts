import type { X509Certificate } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { type Address, formatAddress } from '@capfkit/listen'
import { derToPem } from '@capfkit/pki'
import { type CurlFailureName, curlFailure, failureOf, type Stage, timeoutAt } from '../curl-failures.ts'
import { AdcsError } from '../errors.ts'

/** What a connection needs of the world; each has Node's own as its default. */
export type AdcsEnvironment = {
  readonly connect?: (options: ConnectionOptions) => TLSSocket
  readonly now?: () => number
  readonly startTimer?: (callback: () => void, ms: number) => Disposable
}

export type ConnectionInit = AdcsEnvironment & {
  readonly server: Address
  /** Root and intermediate certificates, DER. */
  readonly trusted: readonly Buffer[]
  readonly userAgent: string
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly signal?: AbortSignal
}

export type CertsrvRequest = {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** With it, a POST. */
  readonly form?: string
}

export type CertsrvAnswer = {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Each `WWW-Authenticate` by itself. */
  readonly challenges: readonly string[]
  readonly body: Buffer
}

/** The one that a Host header leaves out. */
const DEFAULT_PORT = /:443$/
const MAX_HEADER_BYTES = 16_384

/** Gives out its one socket, which carries the login, and never another. */
class OneSocketAgent extends Agent {
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    super({ keepAlive: true, maxSockets: 1 })
    this.#socket = socket
  }

  override createConnection(): TLSSocket {
    return this.#socket
  }
}

/** What Node says of a name that does not fit: its `reason` tells whether there were other names beside the common name. */
const commonNameIn = (error: Error & { reason?: string }) => /is not cert's CN: (.+)$/.exec(error.reason ?? '')?.[1]

/** By its signature: what the certificate says that it may sign does not matter. */
const isSelfSigned = (certificate: X509Certificate) =>
  certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey)

/**
 * One TLS connection to a CA and what is asked over it, one thing after the other. The web server is checked before anything is
 * sent: its certificate by chain, dates and name, and that it is not self-signed, which the product does not take either.
 */
export class CertsrvConnection implements Disposable {
  readonly #init: ConnectionInit
  readonly #now: () => number
  readonly #host: string
  #agent: OneSocketAgent | undefined
  #socket: TLSSocket | undefined
  #serverCertificateDer: Buffer = Buffer.alloc(0)
  /** Of the step that runs. */
  #stage: Stage = 'connect'
  #progress = { startedAt: 0, hasHeaders: false, receivedBytes: 0, expectedBytes: undefined as number | undefined }
  #step = new AbortController()

  constructor(init: ConnectionInit) {
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
    const { host, port } = init.server
    this.#host = formatAddress({ host, port }).replace(DEFAULT_PORT, '')
  }

  /** `https://HOST:PORT/path`, always with the port, as the product writes it. */
  urlOf(path: string): string {
    return `https://${formatAddress(this.#init.server)}${path}`
  }

  /** The certificate that the web server shows, DER; after the first step. */
  get serverCertificateDer(): Buffer {
    return this.#serverCertificateDer
  }

  /**
   * One step under one time-out: all requests that `work` makes. The first step opens the connection.
   *
   * @throws {AdcsError} `where` is the URL; what `signal` aborts with, when it aborts.
   */
  async step<T>(path: string, stage: 'login' | 'answer', work: () => Promise<T>): Promise<T> {
    const { timeoutMs, signal, startTimer = setTimeout } = this.#init
    signal?.throwIfAborted()
    this.#progress = { startedAt: this.#now(), hasHeaders: false, receivedBytes: 0, expectedBytes: undefined }
    this.#step = new AbortController()
    const step = this.#step
    const late = () => step.abort(this.#failure(timeoutAt(this.#stage), this.urlOf(path)))
    using _timer = startTimer(late, timeoutMs)
    const abort = () => step.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      if (!this.#socket) await this.#open(path)
      this.#stage = stage
      return await work()
    } catch (error) {
      this[Symbol.dispose]()
      if (step.signal.aborted) throw step.signal.reason
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** One request inside a step. @throws {AdcsError} */
  async request({ path, headers = {}, form }: CertsrvRequest): Promise<CertsrvAnswer> {
    const url = this.urlOf(path)
    const { userAgent } = this.#init
    if (this.#socket?.destroyed || !this.#socket?.writable) throw new AdcsError('ADCS_SESSION_LOST', url)
    Object.assign(this.#progress, { hasHeaders: false, receivedBytes: 0, expectedBytes: undefined })
    const body = form === undefined ? undefined : Buffer.from(form, 'latin1')
    const answered = Promise.withResolvers<IncomingMessage>()
    const request = httpRequest({
      agent: this.#agent!,
      method: body ? 'POST' : 'GET',
      path,
      setHost: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: {
        Host: this.#host,
        'User-Agent': userAgent,
        Accept: '*/*',
        Connection: 'keep-alive',
        ...(body ? { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length } : {}),
        ...headers,
      },
      signal: this.#step.signal,
    })
    request.once('response', answered.resolve)
    // The parser's own words come here, the response only breaks off.
    let parsing: Error | undefined
    request.on('error', error => {
      parsing = error
      answered.reject(error)
    })
    request.end(body)
    try {
      const response = await answered.promise
      this.#progress.hasHeaders = true
      const read = await this.#read(response, url)
      const { statusCode = 0, headers, headersDistinct } = response
      return { url, status: statusCode, headers, challenges: headersDistinct['www-authenticate'] ?? [], body: read }
    } catch (error) {
      if (error instanceof AdcsError) throw error
      throw this.#explain(parsing ?? (error as Error), url)
    }
  }

  async #read(response: IncomingMessage, url: string): Promise<Buffer> {
    const { maxBodyBytes } = this.#init
    const length = Number(response.headers['content-length'] ?? Number.NaN)
    if (Number.isSafeInteger(length)) this.#progress.expectedBytes = length
    const chunks: Buffer[] = []
    if (length > maxBodyBytes) throw this.#failure('tooLarge', url)
    for await (const chunk of response as AsyncIterable<Buffer>) {
      this.#progress.receivedBytes += chunk.length
      if (this.#progress.receivedBytes > maxBodyBytes) throw this.#failure('tooLarge', url)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  async #open(path: string): Promise<void> {
    const { server, trusted, connect = tlsConnect } = this.#init
    const { signal } = this.#step
    this.#stage = 'connect'
    const opened = Promise.withResolvers<void>()
    const give = () => opened.reject(signal.reason)
    signal.addEventListener('abort', give)
    let socket: TLSSocket
    try {
      socket = connect({
        host: server.host,
        port: server.port,
        ca: trusted.map(der => derToPem(der)),
        rejectUnauthorized: true,
        ...(isIP(server.host) ? {} : { servername: server.host }),
        ALPNProtocols: ['http/1.1'],
      })
      this.#socket = socket
      socket.setNoDelay(true)
      socket.once('connect', () => {
        this.#stage = 'tls'
      })
      socket.once('secureConnect', opened.resolve)
      // Errors after this one belong to a request, or to nobody.
      socket.on('error', opened.reject)
      socket.once('close', () => opened.reject(new Error('the connection ended inside the TLS handshake')))
      await opened.promise
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#explain(error as Error, this.urlOf(path))
    } finally {
      signal.removeEventListener('abort', give)
    }
    const certificate = socket.getPeerX509Certificate()!
    if (isSelfSigned(certificate)) throw this.#failure('trustedSelfSigned', this.urlOf(path))
    this.#serverCertificateDer = certificate.raw
    this.#agent = new OneSocketAgent(socket)
  }

  #explain(error: Error & { reason?: string }, url: string): AdcsError {
    const name = failureOf(error, { stage: this.#stage, hasHeaders: this.#progress.hasHeaders })
    return this.#failure(name, url, error)
  }

  #failure(name: CurlFailureName, url: string, cause?: Error): AdcsError {
    const { startedAt, receivedBytes, expectedBytes } = this.#progress
    const subject = cause && commonNameIn(cause)
    const { code, curl } = curlFailure(name, {
      ...this.#init.server,
      elapsedMs: Math.round(this.#now() - startedAt),
      receivedBytes,
      ...(expectedBytes === undefined ? {} : { expectedBytes }),
      detail: cause?.message ?? '',
      ...(subject === undefined ? {} : { subject }),
    })
    return new AdcsError(code, url, { curl, ...(cause ? { cause } : {}) })
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy()
    this.#socket?.destroy()
  }
}
