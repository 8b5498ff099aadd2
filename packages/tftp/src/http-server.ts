import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Address, bind, tlsProfile } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { type FileSource, MAX_NAME_LENGTH } from './file-source.ts'
import { askedFile, fileAnswer, type HttpAnswer, refusal } from './http-answer.ts'
import type { FileServerOptions } from './options.ts'
import type { Served } from './served.ts'

export type HttpServerInit = Address & {
  readonly source: FileSource
  readonly options: FileServerOptions
  /** With it, HTTPS. */
  readonly certificate?: CertificateAndKey
  readonly onServed: (served: Served) => void
  readonly now: () => number
}

/** A phone's request has some 200 bytes of headers. */
const MAX_HEADER_BYTES = 8_192
const MAX_HEADERS = 64
/** How often Node looks for requests that took too long. */
const CHECK_MS = 1_000
/** Storms are short: the kernel keeps what the process cannot take at once. */
const BACKLOG = 4_096

/** By the code of Node's error. */
const BAD_REQUESTS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

type Answered = HttpAnswer & { readonly detail?: string }

/** Files over HTTP or HTTPS: GET and HEAD, nothing else. */
export class HttpFileServer {
  readonly #init: HttpServerInit
  readonly #server: Server | TlsServer
  readonly #byAddress = new Map<string, number>()
  #connections = 0
  #isDraining = false
  #address: Address | undefined

  constructor(init: HttpServerInit) {
    this.#init = init
    const { options, certificate } = init
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: options.requestTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      keepAliveTimeout: options.idleTimeoutMs,
      connectionsCheckingInterval: CHECK_MS,
    }
    const answer: RequestListener = (request, response) => void this.#serve(request, response)
    this.#server = certificate
      ? createTlsServer({ ...limits, ...tlsProfile(certificate, options), handshakeTimeout: options.handshakeTimeoutMs }, answer)
      : createServer(limits, answer)
    this.#server.maxHeadersCount = MAX_HEADERS
    // A client that takes nothing of its answer is silent too.
    this.#server.setTimeout(options.idleTimeoutMs)
    this.#server.on('connection', (socket: Socket) => this.#admit(socket))
    this.#server.on('clientError', (error, socket) => this.#refuseBytes(error, socket))
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED` */
  async listen(): Promise<void> {
    const { host, port } = this.#init
    await bind(this.#server, { host, port, backlog: BACKLOG, name: `${this.#transport} on` })
    const { address, port: picked } = this.#server.address() as AddressInfo
    this.#address = { host: address, port: picked }
    // From here on an error is that of one accept: the others go on.
    this.#server.on('error', () => {})
  }

  /** With the port that was picked for port 0. */
  get address(): Address {
    return this.#address ?? this.#init
  }

  /** Connections at this moment, handshakes included. */
  get connections(): number {
    return this.#connections
  }

  /** Use another certificate for connections from now on. */
  reload(certificate: CertificateAndKey): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tlsProfile(certificate, this.#init.options))
  }

  get #transport(): Served['transport'] {
    return this.#init.certificate ? 'https' : 'http'
  }

  #admit(socket: Socket): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#init.options
    const address = socket.remoteAddress ?? 'unknown'
    const count = (this.#byAddress.get(address) ?? 0) + 1
    if (this.#connections >= maxConnections || count > maxConnectionsPerAddress) {
      socket.destroy()
      this.#tell({ remoteAddress: address, file: '', outcome: 'busy' })
      return
    }
    this.#connections += 1
    this.#byAddress.set(address, count)
    socket.once('close', () => {
      this.#connections -= 1
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left > 0) this.#byAddress.set(address, left)
      else this.#byAddress.delete(address)
    })
  }

  #tell(told: Pick<Served, 'remoteAddress' | 'file' | 'outcome'> & Partial<Served>): void {
    this.#init.onServed({ transport: this.#transport, bytes: 0, durationMs: 0, ...told })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, now } = this.#init
    const [startedAt, remoteAddress, url] = [now(), request.socket.remoteAddress ?? 'unknown', request.url ?? '']
    const gone = new AbortController()
    const cut = setTimeout(() => response.destroy(), options.transferTimeoutMs)
    let answered: Answered | undefined
    response.once('close', () => {
      clearTimeout(cut)
      gone.abort()
      const isWhole = response.writableFinished && answered !== undefined
      const bytes = isWhole && answered?.outcome === 'sent' && request.method === 'GET' ? answered.body.length : 0
      this.#tell({
        remoteAddress,
        file: url.slice(0, MAX_NAME_LENGTH),
        outcome: isWhole && answered ? answered.outcome : this.#isDraining ? 'stopped' : 'gave-up',
        bytes,
        durationMs: now() - startedAt,
        ...(answered?.detail === undefined ? {} : { detail: answered.detail }),
      })
    })
    // A body that nobody reads would keep the connection.
    request.resume()
    answered = await this.#answer(request, { remoteAddress, gone })
    if (response.destroyed) return
    const closing = this.#isDraining ? { connection: 'close' } : {}
    response.writeHead(answered.status, { ...answered.headers, ...closing })
    response.end(request.method === 'HEAD' ? undefined : answered.body)
  }

  async #answer(
    request: IncomingMessage,
    { remoteAddress, gone }: { remoteAddress: string; gone: AbortController },
  ): Promise<Answered> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal('method')
    const name = askedFile(request.url ?? '')
    if (name === undefined) return refusal('badPath')
    const { signal } = gone
    const { promise: nobodyWaits, resolve } = Promise.withResolvers<'late'>()
    signal.addEventListener('abort', () => resolve('late'))
    const timer = setTimeout(() => gone.abort(), this.#init.options.sourceTimeoutMs)
    try {
      const file = await Promise.race([this.#init.source.get(name, { remoteAddress, signal }), nobodyWaits])
      if (file === 'late') return refusal('slow')
      return file ? fileAnswer(request, { name, file }) : refusal('notFound')
    } catch (error) {
      return { ...refusal('failed'), detail: error instanceof Error ? error.message : String(error) }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Bytes that are no request are told so in a line; what is no TLS, or is gone, is not. */
  #refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
    const status = BAD_REQUESTS[error.code ?? ''] ?? (error.code?.startsWith('HPE_') ? 400 : undefined)
    if (status === undefined || !socket.writable) {
      socket.destroy()
      return
    }
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    const remoteAddress = (socket as Socket).remoteAddress ?? 'unknown'
    this.#tell({ remoteAddress, file: '', outcome: 'refused', detail: error.message })
  }

  /** Take no more connections, let answers end for `drainTimeoutMs`, then end those that are left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#isDraining = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    const cut = setTimeout(() => this.cut(), drainTimeoutMs)
    await closed
    clearTimeout(cut)
  }

  /** End every connection now. */
  cut(): void {
    this.#server.closeAllConnections()
  }
}
