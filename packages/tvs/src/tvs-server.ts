import type { AddressInfo } from 'node:net'
import { type OptionsOf, parseOptions } from '@capfkit/codec/options'
import { type Address, connectionOf, keylogTo, Listener, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { Answerer } from './answers.ts'
import type { CertificateStore } from './certificate-store.ts'
import { TvsCounters } from './counters.ts'
import { TvsError } from './errors.ts'
import { TVS_OPTIONS } from './options.ts'
import { type SessionContext, type SessionSummary, TvsSession } from './session.ts'

export type TvsServerInit = {
  /** What is answered from. */
  store: CertificateStore
  /** The TVS certificate: what phones have in their trust lists with the role TVS. */
  certificate: CertificateAndKey
  /** Values of {@link TVS_OPTIONS}. */
  options?: Partial<OptionsOf<typeof TVS_OPTIONS>>
  log?: Logger
  /** The time that certificates are judged by. */
  now?: () => Date
  /** Called at the end of each connection, e.g. for a test or a dashboard. */
  onSession?: (summary: SessionSummary) => void
}

/** Another certificate, another store, or both. */
export type TvsReload = Partial<Pick<TvsServerInit, 'certificate' | 'store'>>

/**
 * A Trust Verification Service [TVS-1]: phones ask whether a certificate that is not in their trust list may be trusted.
 *
 * `await using server = await TvsServer.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class TvsServer implements AsyncDisposable {
  readonly counters = new TvsCounters()
  readonly #init: TvsServerInit
  readonly #options: OptionsOf<typeof TVS_OPTIONS>
  readonly #listener: Listener
  #store: CertificateStore
  #answerer: Answerer
  #address: AddressInfo | undefined
  #closed: Promise<void> | undefined

  private constructor(init: TvsServerInit) {
    this.#init = init
    this.#options = parseOptions(TVS_OPTIONS, init.options)
    this.#store = init.store
    this.#answerer = this.#answererOf(init.store)
    this.#listener = this.#createListener()
  }

  /** @throws {TvsError} `TVS_CERTIFICATE_INVALID`; ListenError, OptionError: a port in use, a wrong option. */
  static async start(init: TvsServerInit): Promise<TvsServer> {
    const server = new TvsServer(init)
    server.#address = await server.#listener.listen()
    return server
  }

  /** Where it listens, with the port that was picked for port 0. */
  get address(): Address {
    return { host: this.#address?.address ?? '', port: this.#address?.port ?? 0 }
  }

  /** Connections that have shaken hands, at this moment. */
  get sessions(): number {
    return this.#listener.sessions
  }

  get connections(): number {
    return this.#listener.connections
  }

  /** Certificates in the store. */
  get certificates(): number {
    return this.#store.size
  }

  /**
   * Serve another TVS certificate from the next connection on, and answer from another store from the next request on.
   *
   * @throws {TvsError} `TVS_CERTIFICATE_INVALID`; everything then stays as it was.
   */
  reload({ certificate, store }: TvsReload): void {
    if (certificate) {
      try {
        this.#listener.reload(tlsProfile(certificate, this.#options))
      } catch (cause) {
        throw new TvsError('TVS_CERTIFICATE_INVALID', 'the TVS certificate', { cause })
      }
    }
    if (store) {
      this.#store = store
      this.#answerer = this.#answererOf(store)
    }
  }

  /** Take no more connections; those that wait for no answer end now, the others at most `drainTimeoutMs` later. */
  close(drainTimeoutMs = this.#options.drainTimeoutMs): Promise<void> {
    this.#closed ??= this.#listener.close(drainTimeoutMs)
    return this.#closed
  }

  /** End every connection now. */
  cut(): void {
    this.#listener.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0)
  }

  #answererOf(store: CertificateStore): Answerer {
    return new Answerer({ store, ttlSeconds: this.#options.ttlSeconds })
  }

  #createListener(): Listener {
    const { log, certificate, now = () => new Date() } = this.#init
    const { listen, handshakeTimeoutMs, maxConnections, maxConnectionsPerAddress, keylog } = this.#options
    const context: SessionContext = {
      answerer: () => this.#answerer,
      options: this.#options,
      now,
      ended: summary => this.#ended(summary),
    }
    try {
      return new Listener({
        ...parseAddress(listen),
        tls: tlsProfile(certificate, this.#options),
        handshakeTimeoutMs,
        maxConnections,
        maxConnectionsPerAddress,
        onSecure: socket => new TvsSession(context, connectionOf(socket)),
        onRejected: rejected => {
          this.counters.rejected(rejected.why)
          log?.debug(rejected, 'connection refused')
        },
        ...(keylog ? { onKeylog: keylogTo({ file: keylog, onError: err => log?.error({ err }, 'no key log') }) } : {}),
      })
    } catch (cause) {
      throw new TvsError('TVS_CERTIFICATE_INVALID', 'the TVS certificate', { cause })
    }
  }

  #ended(summary: SessionSummary): void {
    this.counters.ended(summary)
    const failed = summary.detail !== undefined
    this.#init.log?.[failed ? 'warn' : 'info'](summary, failed ? 'session failed' : 'session ended')
    this.#init.onSession?.(summary)
  }
}
