import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { formatPacket, type Packet, parsePacket, type RawOptions } from '@capfkit/codec/tftp'
import { FileServer, type FileServerInit, type FileServerOptions, type FileSource, type Served } from '@capfkit/tftp'

/** Files in memory; what has a function is asked for each time. */
export const memorySource = (files: Readonly<Record<string, Buffer | (() => Promise<Buffer | undefined>)>>): FileSource => ({
  async get(name) {
    const found = Object.hasOwn(files, name) ? files[name] : undefined
    const bytes = typeof found === 'function' ? await found() : found
    return bytes && { bytes, etag: `${bytes.length}`, lastModified: new Date('2026-11-21T10:00:00.500Z') }
  },
})

type Until = (served: readonly Served[]) => boolean

/** A file server on free ports, and what it said of each request. */
export class Serving implements AsyncDisposable {
  readonly server: FileServer
  readonly served: Served[]
  readonly #waiting: { isThere: Until; resolve: () => void }[] = []

  private constructor(server: FileServer, served: Served[]) {
    this.server = server
    this.served = served
  }

  static async start({ options, ...init }: FileServerInit & { options?: Partial<FileServerOptions> }): Promise<Serving> {
    const served: Served[] = []
    let serving: Serving | undefined
    const server = await FileServer.start({
      ...init,
      options: { listen: '127.0.0.1:0', http: '127.0.0.1:0', ...options },
      onServed: one => {
        served.push(one)
        if (serving) serving.#told()
      },
    })
    serving = new Serving(server, served)
    return serving
  }

  #told(): void {
    for (const { isThere, resolve } of this.#waiting) if (isThere(this.served)) resolve()
  }

  async until(isThere: Until): Promise<readonly Served[]> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ isThere, resolve })
    this.#told()
    await promise
    return this.served
  }

  /** Until so many requests are over. */
  ended(count: number): Promise<readonly Served[]> {
    return this.until(served => served.length >= count)
  }

  get tftpPort(): number {
    return this.server.addresses.tftp!.port
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.server.addresses.http.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

export type Received = { readonly packet: Packet; readonly port: number }

/** A TFTP client that does only what the test says, over a real socket. */
export class ScriptedClient implements AsyncDisposable {
  readonly socket: Socket = createSocket('udp4')
  readonly #serverPort: number
  readonly #received: Received[] = []
  #sent: Promise<void> | undefined
  #next: ((received: Received) => void) | undefined

  constructor(serverPort: number) {
    this.#serverPort = serverPort
    this.socket.on('message', (datagram, { port }) => {
      const received = { packet: parsePacket(Buffer.from(datagram)), port }
      if (this.#next) this.#next(received)
      else this.#received.push(received)
      this.#next = undefined
    })
  }

  send(bytes: Packet | Buffer, port = this.#serverPort): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sent = promise
    this.socket.send(Buffer.isBuffer(bytes) ? bytes : formatPacket(bytes), port, '127.0.0.1', () => resolve())
  }

  request(file: string, options: RawOptions = {}): void {
    this.send({ name: 'RRQ', file, mode: 'octet', options })
  }

  /** The next packet that arrives, or has arrived already. */
  next(): Promise<Received> {
    const received = this.#received.shift()
    if (received) return Promise.resolve(received)
    return new Promise(resolve => {
      this.#next = resolve
    })
  }

  /** Packets that nobody has asked for yet. */
  get waiting(): number {
    return this.#received.length
  }

  /** The whole file. `lose`: whether this packet, of those that arrive, is lost. */
  async fetch(file: string, { options = {}, lose = () => false }: FetchOptions = {}): Promise<Buffer> {
    this.request(file, options)
    const parts: Buffer[] = []
    let blockBytes = 512
    for (let count = 0; ; count++) {
      const { packet, port } = await this.next()
      if (lose(count)) continue
      if (packet.name === 'ERROR') throw new Error(`${packet.errorCode} ${packet.message}`)
      if (packet.name === 'OACK') {
        blockBytes = Number(packet.options.blksize ?? blockBytes)
        this.send({ name: 'ACK', block: 0 }, port)
      } else if (packet.name === 'DATA') {
        if (packet.block === ((parts.length + 1) & 0xffff)) parts.push(packet.data)
        this.send({ name: 'ACK', block: packet.block }, port)
        if (packet.data.length < blockBytes) return Buffer.concat(parts)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.socket, 'close')
    // What was sent last is not thrown away with the socket.
    await this.#sent
    this.socket.close()
    await closed
  }
}

export type FetchOptions = { options?: RawOptions; lose?: (count: number) => boolean }
