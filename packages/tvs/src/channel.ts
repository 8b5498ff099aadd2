import type { TLSSocket } from 'node:tls'
import { encode, FrameReader, type Message } from '@capfkit/codec/tvs'
import { formatAddress } from '@capfkit/listen'
import { TvsError, type TvsErrorCode } from './errors.ts'
import type { TvsClientOptions } from './options.ts'

/** Where a client goes. */
export type Target = { readonly host: string; readonly port: number }

/** Opens a TLS connection and returns at once; errors come as events. */
export type Connect = (target: Target) => TLSSocket

/** A running timer: Node's `setTimeout` gives one. */
export type StartTimer = (callback: () => void, ms: number) => Disposable

export type ChannelInit = Target & {
  /** DER of the TVS certificates that are trusted. */
  trusted: readonly Buffer[]
  options: TvsClientOptions
  connect: Connect
  startTimer: StartTimer
}

type Pending = { resolve(message: Message): void; reject(error: unknown): void }

/** What an error of the operating system means to who connects. */
const BY_ERRNO: Readonly<Record<string, TvsErrorCode>> = {
  ECONNREFUSED: 'TVS_CONNECT_REFUSED',
  ENOTFOUND: 'TVS_NAME_UNKNOWN',
  EAI_AGAIN: 'TVS_NAME_UNKNOWN',
  ETIMEDOUT: 'TVS_CONNECT_TIMEOUT',
}

const OTHERWISE = { connect: 'TVS_CONNECT_FAILED', tls: 'TVS_TLS_FAILED', open: 'TVS_HUNG_UP' } as const

/** One TLS connection to a TVS, and the requests on it that wait for their answers. After its end it is of no more use. */
export class Channel {
  readonly #init: ChannelInit
  readonly #where: string
  readonly #socket: TLSSocket
  readonly #reader = new FrameReader()
  readonly #pending = new Map<number, Pending>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #openTimer: Disposable
  #stage: keyof typeof OTHERWISE = 'connect'
  #error: Error | undefined

  /** Connects at once; {@link opened} says how it went. */
  constructor(init: ChannelInit) {
    const { host, port, options, startTimer, connect } = init
    this.#init = init
    this.#where = formatAddress({ host, port })
    // Who waits for nothing any more when it fails is no reason to end the process.
    this.#opened.promise.catch(() => {})
    this.#openTimer = startTimer(() => this.#fail('TVS_CONNECT_TIMEOUT'), options.connectTimeoutMs)
    this.#socket = connect({ host, port })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const known = this.#stage === 'connect' && error.code !== undefined ? BY_ERRNO[error.code] : undefined
      this.#fail(known ?? OTHERWISE[this.#stage], error)
    })
    this.#socket.once('connect', () => {
      this.#socket.setNoDelay(true)
      this.#stage = 'tls'
    })
    this.#socket.once('secureConnect', () => this.#secured())
    this.#socket.on('data', chunk => this.#received(chunk))
    this.#socket.once('close', () => this.#fail(OTHERWISE[this.#stage]))
  }

  /** Settles when the server has shaken hands and shown a certificate that is trusted. @throws {TvsError} */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  get isOpen(): boolean {
    return this.#error === undefined
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * Send one request and wait for its answer.
   *
   * @param signal  gives up waiting; the connection goes on.
   * @throws {TvsError} `TVS_REPLY_TIMEOUT`, `TVS_HUNG_UP`, `TVS_BAD_MESSAGE`; the reason of `signal`.
   */
  async ask(request: Message, signal?: AbortSignal): Promise<Message> {
    if (this.#error) throw this.#error
    const { sessionId } = request
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    const stop = () => reject(signal?.reason)
    // Who does not answer one request in time may answer it later, and be taken for quick: such a connection is given up.
    const timer = this.#init.startTimer(() => this.#fail('TVS_REPLY_TIMEOUT'), this.#init.options.replyTimeoutMs)
    this.#pending.set(sessionId, { resolve, reject })
    signal?.addEventListener('abort', stop, { once: true })
    try {
      this.#socket.write(encode(request))
      return await promise
    } finally {
      signal?.removeEventListener('abort', stop)
      timer[Symbol.dispose]()
      // An answer that comes after its request was given up is passed over.
      if (this.#pending.get(sessionId)?.resolve === resolve) this.#pending.delete(sessionId)
    }
  }

  /** Close; requests that still wait fail with `TVS_HUNG_UP`. */
  close(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve()
    const closed = new Promise<void>(resolve => this.#socket.once('close', () => resolve()))
    if (this.#stage === 'open' && this.#pending.size === 0) this.#socket.destroySoon()
    else this.#socket.destroy()
    return closed
  }

  #secured(): void {
    // Equal to a certificate of the trust list, or not a word is said [TVS-1.1].
    const shown = this.#socket.getPeerX509Certificate()?.raw
    if (!shown || !this.#init.trusted.some(der => der.equals(shown))) {
      this.#fail('TVS_UNTRUSTED_SERVER')
      return
    }
    this.#stage = 'open'
    this.#openTimer[Symbol.dispose]()
    this.#opened.resolve()
  }

  #received(chunk: Buffer): void {
    if (this.#error || this.#stage !== 'open') return
    try {
      for (const message of this.#reader.push(chunk)) this.#pending.get(message.sessionId)?.resolve(message)
    } catch (error) {
      this.#fail('TVS_BAD_MESSAGE', error)
    }
  }

  #fail(code: TvsErrorCode, cause?: unknown): void {
    if (this.#error) return
    this.#error = new TvsError(code, this.#where, cause === undefined ? {} : { cause })
    this.#openTimer[Symbol.dispose]()
    this.#opened.reject(this.#error)
    for (const { reject } of this.#pending.values()) reject(this.#error)
    this.#socket.destroy()
  }
}
