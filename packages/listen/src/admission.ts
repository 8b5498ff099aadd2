import type { Socket } from 'node:net'

/** What a listener says of a connection that never became a session. */
export type Rejected = { remoteAddress: string; why: 'too-many-connections' | 'too-many-from-address' | 'tls'; detail: string }

export type AdmissionLimits = { readonly maxConnections: number; readonly maxConnectionsPerAddress: number }

/** Dead peers are noticed by the kernel, so that a phone that lost its power can come back. */
const KEEP_ALIVE_MS = 30_000

/** Counts connections, in all and from each address, and knows how many there may be. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #sockets = new Set<Socket>()
  readonly #byAddress = new Map<string, number>()

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** TCP connections at this moment. */
  get connections(): number {
    return this.#sockets.size
  }

  get sockets(): readonly Socket[] {
    return [...this.#sockets]
  }

  /** Let a connection in until it closes; or say why not, and cut it. */
  admit(socket: Socket): Rejected | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const remoteAddress = socket.remoteAddress ?? 'unknown'
    const count = (this.#byAddress.get(remoteAddress) ?? 0) + 1
    const limits = [
      { why: 'too-many-connections', count: this.#sockets.size + 1, limit: maxConnections },
      { why: 'too-many-from-address', count, limit: maxConnectionsPerAddress },
    ] as const
    const passed = limits.find(({ count, limit }) => count > limit)
    if (passed) {
      socket.destroy()
      return { remoteAddress, why: passed.why, detail: `limit of ${passed.limit}` }
    }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#sockets.add(socket)
    this.#byAddress.set(remoteAddress, count)
    socket.once('close', () => this.#gone(socket, remoteAddress))
    return undefined
  }

  #gone(socket: Socket, remoteAddress: string): void {
    this.#sockets.delete(socket)
    const left = (this.#byAddress.get(remoteAddress) ?? 1) - 1
    if (left > 0) this.#byAddress.set(remoteAddress, left)
    else this.#byAddress.delete(remoteAddress)
  }
}
