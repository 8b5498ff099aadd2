import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Address, HttpListener, type HttpRejected, keylogTo, tlsProfile } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { type FileSource, MAX_NAME_LENGTH } from './file-source.ts'
import { askedFile, fileAnswer, type HttpAnswer, refusal } from './http-answer.ts'
import type { FileServerOptions } from './options.ts'
import type { Outcome, Served } from './served.ts'
import type { Timer } from './transfer.ts'

export type HttpServerInit = Address & {
  readonly source: FileSource
  readonly options: FileServerOptions
  /** With it, HTTPS. */
  readonly certificate?: CertificateAndKey
  readonly onServed: (served: Served) => void
  /** A file that is no answer to a phone could not be written: the key log. */
  readonly onError: (error: unknown) => void
  readonly now: () => number
  readonly startTimer: (callback: () => void, ms: number) => Timer
}

type Answered = HttpAnswer & { readonly detail?: string }

/** How a connection ended that never became a request. */
const REJECTED: Readonly<Record<HttpRejected['why'], Outcome>> = {
  'too-many-connections': 'busy',
  'too-many-from-address': 'busy',
  tls: 'refused',
  'bad-request': 'refused',
}

/** Files over HTTP or HTTPS: GET and HEAD, nothing else. */
export class HttpFileServer {
  readonly #init: HttpServerInit
  readonly #listener: HttpListener
  #address: Address
  #isDraining = false

  constructor(init: HttpServerInit) {
    this.#init = init
    const { host, port, options, certificate, onError } = init
    const { keylog } = options
    this.#address = { host, port }
    this.#listener = new HttpListener({
      host,
      port,
      limits: options,
      name: `${this.#transport} on`,
      ...(certificate ? { tls: tlsProfile(certificate, options) } : {}),
      ...(certificate && keylog !== undefined ? { onKeylog: keylogTo({ file: keylog, onError }) } : {}),
      answer: (request, response) => void this.#serve(request, response),
      onRejected: ({ remoteAddress, why, detail }) => this.#tell({ remoteAddress, file: '', outcome: REJECTED[why], detail }),
    })
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED` */
  async listen(): Promise<void> {
    this.#address = await this.#listener.listen()
  }

  /** With the port that was picked for port 0. */
  get address(): Address {
    return this.#address
  }

  /** Connections at this moment, handshakes included. */
  get connections(): number {
    return this.#listener.connections
  }

  /** Use another certificate for connections from now on. */
  reload(certificate: CertificateAndKey): void {
    this.#listener.reload(tlsProfile(certificate, this.#init.options))
  }

  get #transport(): Served['transport'] {
    return this.#init.certificate ? 'https' : 'http'
  }

  #tell(told: Pick<Served, 'remoteAddress' | 'file' | 'outcome'> & Partial<Served>): void {
    this.#init.onServed({ transport: this.#transport, bytes: 0, durationMs: 0, ...told })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, now, startTimer } = this.#init
    const [startedAt, remoteAddress, url] = [now(), request.socket.remoteAddress ?? 'unknown', request.url ?? '']
    const gone = new AbortController()
    const cut = startTimer(() => response.destroy(), options.transferTimeoutMs)
    let answered: Answered | undefined
    response.once('close', () => {
      cut[Symbol.dispose]()
      gone.abort()
      const isWhole = response.writableFinished && answered !== undefined
      const bytes = isWhole && answered?.outcome === 'sent' && request.method === 'GET' ? answered.body.length : 0
      this.#tell({
        remoteAddress,
        file: url.slice(0, MAX_NAME_LENGTH),
        outcome: isWhole && answered ? answered.outcome : this.#isDraining ? 'stopped' : 'gave-up',
        bytes,
        durationMs: now() - startedAt,
        ...(answered?.detail === undefined ? {} : { detail: answered.detail }),
      })
    })
    // A body that nobody reads would keep the connection.
    request.resume()
    answered = await this.#answer(request, { remoteAddress, gone })
    if (response.destroyed) return
    response.writeHead(answered.status, answered.headers)
    response.end(request.method === 'HEAD' ? undefined : answered.body)
  }

  async #answer(
    request: IncomingMessage,
    { remoteAddress, gone }: { remoteAddress: string; gone: AbortController },
  ): Promise<Answered> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal('method')
    const name = askedFile(request.url ?? '')
    if (name === undefined) return refusal('badPath')
    const { signal } = gone
    const { promise: nobodyWaits, resolve } = Promise.withResolvers<'late'>()
    signal.addEventListener('abort', () => resolve('late'))
    using _late = this.#init.startTimer(() => gone.abort(), this.#init.options.sourceTimeoutMs)
    try {
      const file = await Promise.race([this.#init.source.get(name, { remoteAddress, signal }), nobodyWaits])
      if (file === 'late') return refusal('slow')
      return file ? fileAnswer(request, { name, file }) : refusal('notFound')
    } catch (error) {
      return { ...refusal('failed'), detail: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Take no more connections, let answers end for `drainTimeoutMs`, then end those that are left. */
  close(drainTimeoutMs: number): Promise<void> {
    this.#isDraining = true
    return this.#listener.close(drainTimeoutMs)
  }

  /** End every connection now. */
  cut(): void {
    this.#listener.cut()
  }
}
