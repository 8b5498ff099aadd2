import type { TLSSocket } from 'node:tls'
import { DecodeError, encode, FrameReader, type Message } from '@capfkit/codec/capf'
import type { Trouble } from './decision.ts'
import type { Environment, Target, TrustCheck } from './environment.ts'
import type { Disturbance } from './faults/disturbance.ts'
import { safeDetail } from './safe-detail.ts'
import { type Stage, socketFailure } from './socket-failure.ts'

/** What a session hears of its connection. After `failed` nothing comes but `closed`, which comes last and exactly once. */
export type ConnectionEvents = {
  /** The name of the server has an address; not heard where there was no name. */
  resolved(): void
  connected(): void
  /** The handshake is done, and whether the server is one that the phone trusts takes a question to somebody else. */
  judging(): void
  /** The handshake is done and the server is one that the phone trusts. */
  secured(): void
  message(message: Message): void
  failed(trouble: Trouble): void
  closed(): void
}

/** A TLS connection that speaks frames. It knows nothing of what they mean. */
export class Connection {
  readonly #environment: Environment
  readonly #events: ConnectionEvents
  readonly #reader: FrameReader
  /** What the phone does wrong on purpose, if it does. */
  readonly #disturbance: Disturbance | undefined
  #socket: TLSSocket | undefined
  #stage: Stage = 'connect'
  /** The session wants no more events; what still comes is thrown away. */
  #isOver = false
  #hasLost = false
  /** There only while somebody else is asked about the server. */
  #judging: AbortController | undefined

  constructor(init: {
    environment: Environment
    events: ConnectionEvents
    maxFrameBytes: number
    disturbance?: Disturbance | undefined
  }) {
    this.#environment = init.environment
    this.#disturbance = init.disturbance
    this.#events = init.events
    this.#reader = new FrameReader({ maxFrameBytes: init.maxFrameBytes })
  }

  open(target: Target): void {
    try {
      const { connect } = this.#disturbance ?? this.#environment
      const socket = connect({ ...target, tls: this.#environment.tls, onLoss: () => this.#lost() })
      this.#socket = socket
      // First of all, and never removed: an error without a listener would end the process.
      socket.on('error', error => this.#fail(socketFailure(error, this.#stage)))
      socket.once('close', () => this.#closed())
      // Told for each address of a name; the first one begins to connect.
      socket.once('lookup', (error: Error | null) => this.#resolved(error))
      socket.once('connect', () => this.#connected())
      socket.once('secureConnect', () => this.#secured())
      socket.on('data', chunk => this.#received(chunk))
      socket.once('end', () => this.#ended())
    } catch (error) {
      this.#fail(socketFailure(error as Error, 'connect'))
    }
  }

  /** The flaws of the network, and no server, are to blame for what goes wrong from now on. */
  get hasLost(): boolean {
    return this.#hasLost
  }

  #lost(): void {
    this.#hasLost = true
  }

  /** One frame, one write [CAPF-1.3]. @throws {EncodeError} */
  send(message: Message): void {
    const bytes = encode(message)
    if (this.#disturbance) this.#disturbance.send({ message, bytes }, altered => this.#write(altered))
    else this.#write(bytes)
  }

  #write(bytes: Buffer): void {
    this.#environment.onBytes?.('client', bytes)
    this.#socket?.write(bytes)
  }

  /** Close; `closed` follows. With `letServerGoFirst` the caller still has to call `destroy` when it has waited long enough. */
  close({ letServerGoFirst }: { letServerGoFirst: boolean }): void {
    this.#isOver = true
    this.#judging?.abort()
    if (!letServerGoFirst || this.#socket?.readableEnded) this.destroy()
  }

  destroy(): void {
    if (this.#socket) this.#socket.destroy()
    else this.#events.closed()
  }

  #fail(trouble: Trouble): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.failed(trouble)
  }

  #resolved(error: Error | null): void {
    if (!this.#isOver && !error) this.#events.resolved()
  }

  #connected(): void {
    if (this.#isOver) return
    // Without it every session loses about 45 ms to Nagle and delayed acknowledgements [CAPF-1.3].
    this.#socket?.setNoDelay(true)
    this.#stage = 'tls'
    this.#events.connected()
    this.#disturbance?.reached('connected')
  }

  #secured(): void {
    if (this.#isOver) return
    // One that the phone was told to trust, or the phone says nothing at all [CAPF-1.1].
    const shown = this.#socket?.getPeerX509Certificate()?.raw
    const { trusted } = this.#environment
    if (!shown) this.#judged(false)
    else if (typeof trusted === 'function') this.#ask(trusted, shown)
    else this.#judged(trusted.some(der => der.equals(shown)))
  }

  #ask(check: TrustCheck, shown: Buffer): void {
    const failed = (error: unknown) => this.#fail({ code: 'PHONE_INTERNAL', detail: safeDetail(error) })
    this.#judging = new AbortController()
    try {
      const verdict = check(shown, this.#judging.signal)
      if (typeof verdict === 'boolean') {
        this.#judged(verdict)
        return
      }
      // The server speaks first: what it says waits in the socket until it is trusted.
      this.#socket?.pause()
      if (!this.#isOver) this.#events.judging()
      verdict.then(isTrusted => {
        this.#judged(isTrusted)
        this.#socket?.resume()
      }, failed)
    } catch (error) {
      failed(error)
    }
  }

  #judged(isTrusted: boolean): void {
    this.#judging = undefined
    if (this.#isOver) return
    if (!isTrusted) {
      this.#fail({ code: 'PHONE_UNTRUSTED_SERVER' })
      return
    }
    this.#stage = 'open'
    this.#events.secured()
    this.#disturbance?.reached('secured')
  }

  #received(chunk: Buffer): void {
    if (this.#isOver) return
    this.#environment.onBytes?.('server', chunk)
    try {
      for (const message of this.#reader.push(chunk)) {
        if (!this.#disturbance?.reached(message.name)) this.#events.message(message)
        if (this.#isOver) return
      }
    } catch (error) {
      this.#fail({ code: error instanceof DecodeError ? 'PHONE_BAD_MESSAGE' : 'PHONE_INTERNAL', detail: safeDetail(error) })
    }
  }

  #ended(): void {
    if (this.#isOver) this.destroy()
    else this.#hungUp()
  }

  #closed(): void {
    this.#hungUp()
    this.#events.closed()
  }

  #hungUp(): void {
    if (this.#hasLost) {
      this.#fail({ code: 'PHONE_CONNECTION_LOST', detail: 'the network of the phone lost it, as its conditions say' })
      return
    }
    if (this.#stage !== 'open') {
      this.#fail({ code: 'PHONE_TLS_FAILED', detail: 'the server closed the connection during the handshake' })
      return
    }
    const { bufferedBytes } = this.#reader
    const detail = bufferedBytes > 0 ? { detail: `inside a frame, after ${bufferedBytes} bytes of it` } : {}
    this.#fail({ code: 'PHONE_SERVER_HUNG_UP', ...detail })
  }
}
