import { constants, randomInt } from 'node:crypto'
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import { type Message, type MessageOf, STATUS } from '@capfkit/codec/tvs'
import type { CertificateQuery } from './certificate-store.ts'
import { Channel, type Connect, type StartTimer, type Target } from './channel.ts'
import { TvsError } from './errors.ts'
import { TVS_CLIENT_OPTIONS, type TvsClientOptions } from './options.ts'

export type TvsClientInit = Target & {
  /** DER of the TVS certificates that are trusted: the server must show one of them [TVS-1.1]. */
  trusted: readonly Buffer[]
  /** What the client calls itself, such as `CP-8861-SEP001122334455`. Default: it does not say. */
  deviceName?: string
  options?: Partial<TvsClientOptions>
  connect?: Connect
  startTimer?: StartTimer
  /** A number below `limit`, for session ids. */
  random?: (limit: number) => number
}

/** What a TVS says of one certificate. */
export type Verdict = {
  isValid: boolean
  /** STATUS as it was sent. */
  status: number
  roles: readonly number[]
  /** How long the answer may be kept; `undefined` where the server does not say. */
  ttlSeconds: number | undefined
}

let secureContext: SecureContext | undefined

const connectTls: Connect = ({ host, port }) => {
  // No certificate authorities: the certificate is compared as a whole, so building a chain would be work for nothing.
  secureContext ??= createSecureContext({ minVersion: 'TLSv1.2', ca: [], secureOptions: constants.SSL_OP_NO_TICKET })
  return tlsConnect({ host, port, secureContext, rejectUnauthorized: false, checkServerIdentity: () => undefined })
}

const verdictOf = ({ status, roles = [], ttlSeconds }: MessageOf<'VERIFY_RESPONSE' | 'QUERY_RESPONSE'>): Verdict => ({
  isValid: status === STATUS.VALID,
  status,
  roles,
  ttlSeconds,
})

/**
 * Asks a TVS about certificates [TVS-3]. It connects with the first request and keeps the connection for the next ones, several
 * at once if need be; a connection that the server has closed in between is made anew.
 */
export class TvsClient implements AsyncDisposable {
  readonly #init: TvsClientInit
  readonly #options: TvsClientOptions
  #channel: Channel | undefined
  #sessionId: number

  /** @throws {OptionError} */
  constructor(init: TvsClientInit) {
    this.#init = init
    this.#options = parseOptions(TVS_CLIENT_OPTIONS, init.options)
    this.#sessionId = (init.random ?? randomInt)(2 ** 32)
  }

  /**
   * May this certificate be trusted, and for what?
   *
   * @param signal  gives up waiting.
   * @throws {TvsError} whatever keeps the server from answering; the reason of `signal`.
   */
  async verify(certificateDer: Buffer, options: { signal?: AbortSignal } = {}): Promise<Verdict> {
    const answer = await this.#ask({ name: 'VERIFY_REQUEST', certificateDer, ...this.#own() }, options)
    return answer.name === 'VERIFY_RESPONSE' ? verdictOf(answer) : this.#wrong(answer)
  }

  /** Ask for a certificate by its names or its number [TVS-3.2]. Throws as {@link verify}. */
  async query(
    query: CertificateQuery,
    options: { signal?: AbortSignal } = {},
  ): Promise<Verdict & { certificateDer: Buffer | undefined }> {
    const answer = await this.#ask({ name: 'QUERY_REQUEST', ...query, ...this.#own() }, options)
    if (answer.name !== 'QUERY_RESPONSE') return this.#wrong(answer)
    return { ...verdictOf(answer), certificateDer: answer.certificateDer }
  }

  /** Requests that wait end with `TVS_HUNG_UP`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel?.close()
  }

  #own() {
    const { deviceName } = this.#init
    return deviceName === undefined ? {} : { deviceName }
  }

  async #ask(request: Unnumbered, { signal }: { signal?: AbortSignal }): Promise<Message> {
    signal?.throwIfAborted()
    const kept = this.#channel?.isOpen ? this.#channel : undefined
    try {
      return await this.#askOn(kept ?? this.#open(), { request, signal })
    } catch (error) {
      // A connection that was kept may have been closed by the server while nobody asked anything; a new one has not.
      if (!kept || !(error instanceof TvsError) || error.code !== 'TVS_HUNG_UP') throw error
      return this.#askOn(this.#open(kept), { request, signal })
    }
  }

  async #askOn(channel: Channel, { request, signal }: { request: Unnumbered; signal: AbortSignal | undefined }): Promise<Message> {
    await abandoned(channel.opened, signal)
    // Every request of a connection has a number of its own, which its answer carries.
    this.#sessionId = (this.#sessionId + 1) >>> 0
    return channel.ask({ ...request, sessionId: this.#sessionId } as Message, signal)
  }

  /** A new channel, unless somebody has made one in the place of `broken` already. */
  #open(broken?: Channel): Channel {
    if (this.#channel?.isOpen && this.#channel !== broken) return this.#channel
    const { host, port, trusted, connect = connectTls, startTimer = setTimeout } = this.#init
    this.#channel = new Channel({ host, port, trusted, connect, startTimer, options: this.#options })
    return this.#channel
  }

  #wrong({ name }: Message): never {
    const cause = new Error(`${name} is not the answer to this request`)
    throw new TvsError('TVS_BAD_MESSAGE', `${this.#init.host}:${this.#init.port}`, { cause })
  }
}

type WithoutSession<M> = M extends Message ? Omit<M, 'sessionId'> : never
type Unnumbered = WithoutSession<MessageOf<'VERIFY_REQUEST' | 'QUERY_REQUEST'>>

/** Waits for a promise that somebody else waits for too, until the signal says to wait no longer. */
const abandoned = async (promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
  if (!signal) return promise
  const gaveUp = Promise.withResolvers<never>()
  const stop = () => gaveUp.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([promise, gaveUp.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
