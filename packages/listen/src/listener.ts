import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { Admission, type AdmissionLimits, type Rejected } from './admission.ts'
import { BACKLOG, bind } from './bind.ts'

/** The far end of one connection, for whatever speaks over it. */
export type Handler = {
  receive(chunk: Buffer): void
  /** The peer closed, or the connection broke. */
  hangUp(detail?: string): void
  /** The server stops: end now. */
  stop(): void
  /** The server takes no more connections: end as soon as nothing is left half done. Without it, a session ends when it ends. */
  drain?(): void
}

export type ListenerOptions = AdmissionLimits & {
  host: string
  port: number
  /** Let several processes listen on one port; the kernel spreads the connections. */
  reusePort?: boolean
  tls: TlsOptions
  handshakeTimeoutMs: number
  onSecure(socket: TLSSocket): Handler
  onRejected(rejected: Rejected): void
  /** NSS key log lines, where they are wanted. */
  onKeylog?: (line: Buffer) => void
}

/** A TLS socket and the TCP socket below it have no link but their peer. */
export const peerOf = ({ remoteAddress = 'unknown', remotePort }: Socket) => `${remoteAddress} ${remotePort}`

/** How long a peer gets to take its last frame when all sessions are cut. */
const CUT_MS = 1_000

/**
 * The listening side of a TLS service: limits, handshake time-out, new certificates without a restart, draining.
 * It knows nothing of what is spoken.
 */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #admission: Admission
  readonly #handlers = new Set<Handler>()
  /** Connections whose handshake is not done, by {@link peerOf}, and what went wrong with it. */
  readonly #handshakes = new Map<string, { socket: Socket; detail: string }>()
  #draining = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#admission = new Admission(options)
    this.#server = createServer({ ...options.tls, handshakeTimeout: options.handshakeTimeoutMs })
    this.#server.on('connection', socket => this.#admit(socket))
    this.#server.on('secureConnection', socket => this.#secure(socket))
    this.#server.on('tlsClientError', (error, socket) => {
      const handshake = this.#handshakes.get(peerOf(socket))
      if (handshake) handshake.detail = (error as { reason?: string }).reason ?? error.message
      socket.destroy()
    })
    const { onKeylog } = options
    if (onKeylog) this.#server.on('keylog', onKeylog)
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED`. */
  async listen(): Promise<AddressInfo> {
    const { host, port, reusePort = false } = this.#options
    await bind(this.#server, { host, port, backlog: BACKLOG, reusePort })
    // From here on an error is that of one accept (no more file descriptors): the others go on.
    this.#server.on('error', error => this.#options.onRejected({ remoteAddress: 'unknown', why: 'tls', detail: error.message }))
    return this.#server.address() as AddressInfo
  }

  /** TCP connections at this moment, handshakes included. */
  get connections(): number {
    return this.#admission.connections
  }

  /** Sessions at this moment. */
  get sessions(): number {
    return this.#handlers.size
  }

  /** Use another certificate for connections from now on; running sessions keep theirs. */
  reload(tls: TlsOptions): void {
    this.#server.setSecureContext(tls)
  }

  #admit(socket: Socket): void {
    const { onRejected } = this.#options
    if (this.#draining) {
      socket.destroy()
      return
    }
    const { remoteAddress = 'unknown' } = socket
    const rejected = this.#admission.admit(socket)
    if (rejected) {
      onRejected(rejected)
      return
    }
    const peer = peerOf(socket)
    const handshake = { socket, detail: 'the connection ended inside the TLS handshake' }
    this.#handshakes.set(peer, handshake)
    socket.once('close', () => {
      if (this.#handshakes.delete(peer)) onRejected({ remoteAddress, why: 'tls', detail: handshake.detail })
    })
  }

  #secure(socket: TLSSocket): void {
    this.#handshakes.delete(peerOf(socket))
    const handler = this.#options.onSecure(socket)
    this.#handlers.add(handler)
    socket.on('data', chunk => handler.receive(chunk))
    socket.on('end', () => handler.hangUp())
    socket.on('error', error => handler.hangUp(`the connection broke: ${error.message}`))
    socket.on('close', () => {
      this.#handlers.delete(handler)
      handler.hangUp()
    })
  }

  /** Take no more connections, let sessions end for `drainTimeoutMs`, then end those that are left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#draining = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const { socket } of this.#handshakes.values()) socket.destroy()
    for (const handler of this.#handlers) handler.drain?.()
    const cut = setTimeout(() => this.cut(), drainTimeoutMs)
    await closed
    clearTimeout(cut)
  }

  /** End every session now; what the peers do not take is destroyed a moment later. */
  cut(): void {
    for (const handler of this.#handlers) handler.stop()
    // Only those of now: the server may go on and take others.
    const { sockets } = this.#admission
    setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, CUT_MS).unref()
  }
}
