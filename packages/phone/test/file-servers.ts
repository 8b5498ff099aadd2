import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { formatPacket, type Packet, parsePacket } from '@capfkit/codec/tftp'
import { derToPem, privateKeyPem } from '@capfkit/pki'
import type { Credential } from '../src/index.ts'

export type Files = Map<string, Buffer>
type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An HTTP server that hands out files, or plays a script. */
export class HttpFiles implements AsyncDisposable {
  readonly #server: Server
  readonly asked: string[] = []
  script: Answer | undefined
  connections = 0

  private constructor(server: Server, files: Files) {
    this.#server = server
    server.on('connection', () => this.connections++)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const name = decodeURIComponent(request.url!.slice(1))
      this.asked.push(name)
      if (this.script) {
        this.script(request, response)
        return
      }
      const bytes = files.get(name)
      response.statusCode = bytes ? 200 : 404
      response.end(bytes)
    })
    server.on('clientError', (_, socket) => socket.destroy())
  }

  static async start(files: Files, secure?: Credential): Promise<HttpFiles> {
    const server = secure
      ? createHttpsServer({ cert: derToPem(secure.certificateDer), key: privateKeyPem(secure.privateKey) })
      : createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HttpFiles(server, files)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** What a scripted TFTP server may do with a packet: `say` from its own port, `sayFrom` another one. */
export type TftpTurn = {
  packet: Packet
  say: (packet: Packet | Buffer) => void
  sayFromElsewhere: (packet: Packet | Buffer) => void
}

const bytesOf = (packet: Packet | Buffer) => (Buffer.isBuffer(packet) ? packet : formatPacket(packet))

/** A TFTP server that hands out files in the simplest way, without options and all from one port, or plays a script. */
export class TftpFiles implements AsyncDisposable {
  readonly #socket: Socket
  readonly #elsewhere: Socket
  readonly #files: Files
  readonly asked: string[] = []
  readonly heard: Packet[] = []
  script: ((turn: TftpTurn) => void) | undefined

  private constructor(sockets: readonly [Socket, Socket], files: Files) {
    ;[this.#socket, this.#elsewhere] = sockets
    this.#files = files
    const open = new Map<string, Buffer>()
    this.#socket.on('message', (message, from) => this.#received(parsePacket(message), { from, open }))
  }

  static async start(files: Files): Promise<TftpFiles> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    return new TftpFiles(sockets, files)
  }

  #received(packet: Packet, { from, open }: { from: RemoteInfo; open: Map<string, Buffer> }): void {
    this.heard.push(packet)
    if (packet.name === 'RRQ') this.asked.push(packet.file)
    const sayBy = (socket: Socket) => (said: Packet | Buffer) => void socket.send(bytesOf(said), from.port, from.address)
    const say = sayBy(this.#socket)
    if (this.script) {
      this.script({ packet, say, sayFromElsewhere: sayBy(this.#elsewhere) })
      return
    }
    const bytes = packet.name === 'RRQ' ? this.#files.get(packet.file) : open.get(String(from.port))
    if (packet.name === 'RRQ' && !bytes) say({ name: 'ERROR', errorCode: 1, message: 'File not found' })
    if (!bytes || (packet.name !== 'RRQ' && packet.name !== 'ACK')) return
    open.set(String(from.port), bytes)
    const block = packet.name === 'ACK' ? packet.block + 1 : 1
    const start = (block - 1) * 512
    if (start <= bytes.length) say({ name: 'DATA', block, data: bytes.subarray(start, start + 512) })
  }

  get port(): number {
    return this.#socket.address().port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.#socket, this.#elsewhere]) {
      socket.close()
      await once(socket, 'close')
    }
  }
}
