import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket, TlsOptions } from 'node:tls'
import type { Address } from './address.ts'
import { Admission, type AdmissionLimits, type Rejected } from './admission.ts'
import { BACKLOG, bind } from './bind.ts'
import { peerOf } from './listener.ts'

/** What is said of a connection that got no answer, or of bytes that are no request. */
export type HttpRejected = Pick<Rejected, 'remoteAddress' | 'detail'> & { why: Rejected['why'] | 'bad-request'; status?: number }

export type HttpLimits = AdmissionLimits & {
  readonly handshakeTimeoutMs: number
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number
  /** Silence between requests, inside one, and while an answer is not taken. */
  readonly idleTimeoutMs: number
}

export type HttpListenerOptions = Address & {
  readonly limits: HttpLimits
  /** With it, HTTPS. */
  readonly tls?: TlsOptions
  /** Request line and headers together. Default 8 KiB. */
  readonly maxHeaderBytes?: number
  /** Stands before the address in an error, e.g. `metrics on`. */
  readonly name?: string
  /** Also asked before `100 Continue` is sent: who reads the body says so by `writeContinue`. */
  readonly answer: RequestListener
  onRejected(rejected: HttpRejected): void
  /** NSS key log lines, where they are wanted. */
  readonly onKeylog?: (line: Buffer) => void
}

const MAX_HEADER_BYTES = 8_192
const MAX_HEADERS = 64
/** How often Node looks for requests that took too long. */
const CHECK_MS = 1_000

/**
 * What is wrong with the name of the server in a request (RFC 9112 §3.2). With two of them whoever stands between takes the one,
 * and the server the other: Node takes the first.
 */
const hostProblem = ({ rawHeaders, httpVersion }: IncomingMessage): string | undefined => {
  const { length } = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (length > 1) return 'several Host headers'
  return length === 0 && httpVersion === '1.1' ? 'no Host header' : undefined
}

/** By the code of Node's error. */
const BAD_REQUESTS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/**
 * The listening side of an HTTP or HTTPS service: limits for connections, headers and time, draining, new certificates without
 * a restart. It knows nothing of what is asked.
 */
export class HttpListener {
  readonly #options: HttpListenerOptions
  readonly #admission: Admission
  readonly #server: Server | TlsServer
  /** Connections whose handshake is not done, by their peer: a TLS socket does not know the one below it. */
  readonly #handshakes = new Map<string, Socket>()
  /** Connections that have asked nothing yet, and how many bytes had come from them when they could. */
  readonly #silent = new Map<Socket, number>()
  /** Answers that are under way. */
  readonly #answers = new Set<ServerResponse>()
  /** Connections that have sent what is taken for two things by two readers. */
  readonly #refused = new WeakSet<Socket>()
  #isDraining = false

  constructor(options: HttpListenerOptions) {
    this.#options = options
    const { limits, tls, onKeylog } = options
    this.#admission = new Admission(limits)
    const settings = {
      maxHeaderSize: options.maxHeaderBytes ?? MAX_HEADER_BYTES,
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: CHECK_MS,
      // Node would refuse a request without it in chunks, which simple clients do not read.
      requireHostHeader: false,
    }
    this.#server = tls
      ? createTlsServer({ ...settings, ...tls, handshakeTimeout: limits.handshakeTimeoutMs })
      : createServer(settings)
    this.#server.maxHeadersCount = MAX_HEADERS
    this.#server.setTimeout(limits.idleTimeoutMs)
    for (const event of ['request', 'checkContinue'] as const) this.#server.on(event, this.#answer)
    this.#server.on('checkExpectation', (request, response) =>
      this.#refuseRequest(response, { request, status: 417, detail: `Expect: ${request.headers.expect}` }),
    )
    this.#server.on('connection', (socket: Socket) => this.#admit(socket))
    this.#server.on('clientError', (error, socket) => this.#refuseBytes(error, socket))
    if (!tls) return
    this.#server.on('secureConnection', (socket: TLSSocket) => this.#secure(socket))
    this.#server.on('tlsClientError', (error: Error, socket: TLSSocket) => this.#refuseHandshake(error, socket))
    if (onKeylog) this.#server.on('keylog', onKeylog)
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED` */
  async listen(): Promise<Address> {
    const { host, port, name, onRejected } = this.#options
    await bind(this.#server, { host, port, backlog: BACKLOG, ...(name === undefined ? {} : { name }) })
    // From here on an error is that of one accept (no more file descriptors): the others go on.
    this.#server.on('error', error => onRejected({ remoteAddress: 'unknown', why: 'tls', detail: error.message }))
    const bound = this.#server.address() as AddressInfo
    return { host: bound.address, port: bound.port }
  }

  /** TCP connections at this moment, handshakes included. */
  get connections(): number {
    return this.#admission.connections
  }

  /** Use another certificate for connections from now on. */
  reload(tls: TlsOptions): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tls)
  }

  /** Cut the connection of a request by a TCP reset, without a word of TLS, as a firewall does. */
  reset(socket: Socket): void {
    const peer = peerOf(socket)
    this.#admission.sockets.find(admitted => peerOf(admitted) === peer)?.resetAndDestroy()
  }

  readonly #answer: RequestListener = (request, response) => {
    this.#silent.delete(request.socket)
    this.#answers.add(response)
    response.once('close', () => this.#answers.delete(response))
    // What follows a refused request on its connection is not of whom it seems to be.
    if (this.#refused.has(request.socket)) return
    const problem = hostProblem(request)
    if (problem !== undefined) {
      this.#refuseRequest(response, { request, status: 400, detail: problem })
      return
    }
    if (this.#isDraining) response.setHeader('connection', 'close')
    this.#options.answer(request, response)
  }

  #refuseRequest(
    response: ServerResponse,
    { request: { socket }, status, detail }: { request: IncomingMessage; status: number; detail: string },
  ): void {
    this.#refused.add(socket)
    response.writeHead(status, { connection: 'close', 'content-length': 0 }).end()
    const { remoteAddress = 'unknown' } = socket
    this.#options.onRejected({ remoteAddress, why: 'bad-request', status, detail })
  }

  #admit(socket: Socket): void {
    if (this.#isDraining) {
      socket.destroy()
      return
    }
    const rejected = this.#admission.admit(socket)
    if (rejected) {
      this.#options.onRejected(rejected)
      return
    }
    if (this.#options.tls === undefined) {
      this.#mayAsk(socket)
      return
    }
    const peer = peerOf(socket)
    this.#handshakes.set(peer, socket)
    socket.once('close', () => this.#handshakes.delete(peer))
  }

  #secure(socket: TLSSocket): void {
    this.#handshakes.delete(peerOf(socket))
    this.#mayAsk(socket)
  }

  #mayAsk(socket: Socket): void {
    this.#silent.set(socket, socket.bytesRead)
    socket.once('close', () => this.#silent.delete(socket))
  }

  #refuseHandshake(error: Error, socket: TLSSocket): void {
    const { remoteAddress = 'unknown' } = socket
    this.#options.onRejected({ remoteAddress, why: 'tls', detail: (error as { reason?: string }).reason ?? error.message })
    socket.destroy()
  }

  /** Bytes that are no request are told so in a line; what is no TLS, or is gone, is not. */
  #refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
    const status = BAD_REQUESTS[error.code ?? ''] ?? (error.code?.startsWith('HPE_') ? 400 : undefined)
    if (status === undefined || !socket.writable) {
      socket.destroy()
      return
    }
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    const { remoteAddress = 'unknown' } = socket as Socket
    this.#options.onRejected({ remoteAddress, why: 'bad-request', status, detail: error.message })
  }

  /** Take no more connections, let answers end for `drainTimeoutMs`, then end those that are left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#isDraining = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const socket of this.#handshakes.values()) socket.destroy()
    // Node ends who waits between two requests, but not who has never sent anything.
    for (const [socket, bytesRead] of this.#silent) if (socket.bytesRead === bytesRead) socket.destroy()
    for (const response of this.#answers) if (!response.headersSent) response.setHeader('connection', 'close')
    const cut = setTimeout(() => this.cut(), drainTimeoutMs)
    await closed
    clearTimeout(cut)
  }

  /** End every connection now. */
  cut(): void {
    this.#server.closeAllConnections()
  }
}
