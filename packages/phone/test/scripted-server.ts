import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { encode, FrameReader, type Message, type MessageName, type MessageOf } from '@capfkit/codec/capf'
import { type Authority, derToPem, privateKeyPem } from '@capfkit/pki'

export const SESSION_ID = 0xc0ffee01

/** A message without a session id gets {@link SESSION_ID}. */
export type Said = { [N in MessageName]: Omit<MessageOf<N>, 'sessionId'> & { sessionId?: number } }[MessageName]

/** The server's side of one connection, for a script to play. */
export class Peer {
  readonly socket: TLSSocket
  readonly #tcp: Socket
  /** Everything that the phone said, in order. */
  readonly heard: Message[] = []
  readonly #queue: Message[] = []
  readonly #reader = new FrameReader()
  #wake: (() => void) | undefined
  isClosed = false
  bytesHeard = 0

  constructor(socket: TLSSocket, tcp: Socket) {
    this.socket = socket
    this.#tcp = tcp
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#wake?.()
    })
    socket.on('data', chunk => {
      this.bytesHeard += chunk.length
      const messages = this.#reader.push(chunk)
      this.heard.push(...messages)
      this.#queue.push(...messages)
      this.#wake?.()
    })
  }

  say(message: Said): void {
    this.socket.write(encode({ sessionId: SESSION_ID, ...message } as Message))
  }

  sayBytes(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** The next message of the phone; REQUEST_IN_PROGRESS is passed over unless that is what was asked for. */
  async hear<N extends MessageName>(name: N): Promise<MessageOf<N>> {
    for (;;) {
      const message = this.#queue.shift()
      if (message?.name === name) return message as MessageOf<N>
      if (message && message.name !== 'REQUEST_IN_PROGRESS') throw new Error(`heard ${message.name} instead of ${name}`)
      if (message) continue
      if (this.isClosed) throw new Error(`the phone hung up instead of ${name}`)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** RST instead of FIN, as when a process dies. */
  reset(): void {
    this.#tcp.resetAndDestroy()
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close')
  }
}

export type Script = (peer: Peer) => Promise<void> | void

/** A CAPF server that plays one script with everybody who connects. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server
  readonly peers: Peer[] = []
  /** What went wrong in a script; a test that expects nothing of the kind says so. */
  readonly errors: Error[] = []
  readonly certificateDer: Buffer
  script: Script = () => {}

  private constructor(server: Server, certificateDer: Buffer) {
    this.#server = server
    this.certificateDer = certificateDer
    const byPort = new Map<number | undefined, Socket>()
    server.on('connection', socket => byPort.set(socket.remotePort, socket))
    server.on('secureConnection', socket => {
      const peer = new Peer(socket, byPort.get(socket.remotePort)!)
      byPort.delete(socket.remotePort)
      this.peers.push(peer)
      void this.#play(peer)
    })
    server.on('tlsClientError', () => {})
  }

  static async start(authority: Authority, options: TlsOptions = {}): Promise<ScriptedServer> {
    const { certificateDer, keyPair } = authority
    const key = privateKeyPem(keyPair.privateKey)
    const cert = derToPem(certificateDer, 'CERTIFICATE')
    const server = createServer({ key, cert, ...options })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScriptedServer(server, certificateDer)
  }

  async #play(peer: Peer): Promise<void> {
    try {
      await this.script(peer)
    } catch (error) {
      this.errors.push(error as Error)
    }
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  get last(): Peer {
    return this.peers.at(-1)!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.peers) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
