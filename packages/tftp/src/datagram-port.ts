import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { type Address, ListenError } from '@capfkit/listen'

export type DatagramPortInit = Address & {
  readonly onMessage: (datagram: Buffer, from: Address) => void
  /** The socket cannot be used any more. */
  readonly onError: (error: Error) => void
}

/** What the kernel may keep while the process is busy; it clips it to net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 4_194_304

/** A UDP port. What is sent before it is closed goes out. */
export class DatagramPort {
  readonly #socket: Socket
  readonly #init: DatagramPortInit
  #isClosing = false
  #sending = 0

  constructor(init: DatagramPortInit) {
    this.#init = init
    this.#socket = createSocket({ type: init.host.includes(':') ? 'udp6' : 'udp4' })
    this.#socket.on('message', (datagram: Buffer, { address, port }: RemoteInfo) => {
      // Nobody can be answered at port 0: sending there throws.
      if (port !== 0) init.onMessage(datagram, { host: address, port })
    })
  }

  /** Begin to listen at once: what is sent meanwhile waits. Errors go to `onError`. */
  open(): this {
    const { host, port, onError } = this.#init
    this.#socket.on('error', onError)
    this.#socket.bind({ address: host, port, exclusive: true })
    return this
  }

  /** Listen, and wait for it. @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED` */
  async listen(): Promise<void> {
    const { host, port, onError } = this.#init
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#socket.once('error', reject)
    this.#socket.bind({ address: host, port, exclusive: true }, resolve)
    try {
      await promise
    } catch (cause) {
      this.#socket.close()
      const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
      throw new ListenError(inUse ? 'LISTEN_PORT_IN_USE' : 'LISTEN_FAILED', `${host}:${port}`, { cause })
    }
    this.#socket.off('error', reject)
    try {
      this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    } catch {
      // The system keeps its own measure: clients ask again for what is lost.
    }
    this.#socket.on('error', onError)
  }

  get address(): Address {
    const { address, port } = this.#socket.address()
    return { host: address, port }
  }

  /** An address that cannot be reached is a packet that is lost: whoever waits for an answer notices. */
  send(datagram: Buffer, to: Address): void {
    if (this.#isClosing) return
    this.#sending += 1
    this.#socket.send(datagram, to.port, to.host, () => {
      this.#sending -= 1
      if (this.#isClosing && this.#sending === 0) this.#socket.close()
    })
  }

  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#socket.removeAllListeners('message')
    if (this.#sending === 0) this.#socket.close()
  }
}
