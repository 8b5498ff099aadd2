import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '@capfkit/listen'
import { CERTSRV } from '../paths.ts'
import type { Authenticated, WindowsAuthentication } from './authentication.ts'
import { type Certsrv, fieldsOf, htmlReply, type Reply } from './certsrv.ts'
import { type Faults, faultAt } from './faults.ts'
import { faultyAnswer } from './faulty-answer.ts'
import { iisLogLine } from './iis-log.ts'
import { CLIENT_GONE, IIS_STATUSES, type IisStatusName, STATUS_WORDS } from './iis-statuses.ts'
import { type PageContext, statusPage } from './pages.ts'
import { bodyOf } from './request-body.ts'

export type ExchangesInit = {
  readonly certsrv: Certsrv
  readonly authentication: WindowsAuthentication
  readonly context: PageContext
  /** As they are at the moment of a request. */
  readonly faults: Faults
  readonly host: string
  readonly maxBodyBytes: number
  readonly onRequest: ((path: string) => void) | undefined
  readonly onIisLine: ((line: string) => void) | undefined
  readonly log: Logger | undefined
  readonly now: () => Date
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly reset: (socket: Socket) => void
}

/** What the log of IIS has of one request. */
type Exchange = {
  readonly startedAt: Date
  readonly method: string
  readonly path: string
  readonly query: string
  /** Sockets forget these when they close. */
  readonly serverAddress: string
  readonly clientAddress: string
  readonly port: number
  userName: string
  /** Nothing for a request that never came to its end: IIS does not log it. */
  status: IisStatusName | undefined
}

const SERVER_NAME = 'Microsoft-IIS/10.0 (capfkit simulator)'

const exchangeOf = ({ method = '', url = '', socket }: IncomingMessage, startedAt: Date): Exchange => {
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2)
  const { localAddress = 'unknown', remoteAddress = 'unknown', localPort = 0 } = socket
  const ends = { serverAddress: localAddress, clientAddress: remoteAddress, port: localPort }
  return { startedAt, method, path, query, ...ends, userName: '', status: undefined }
}

const unauthorized = ({ status, challenges }: Extract<Authenticated, { ok: false }>): Reply =>
  htmlReply('', status, { 'www-authenticate': [...challenges] })

/** Requests to the web server, from their bytes to the line in its log: who asks, what goes wrong on demand, and the page. */
export class Exchanges {
  readonly #init: ExchangesInit
  readonly #running = new Set<AbortController>()

  constructor(init: ExchangesInit) {
    this.#init = init
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { now, log } = this.#init
    const exchange = exchangeOf(request, now())
    const gone = new AbortController()
    const { signal } = gone
    this.#running.add(gone)
    response.once('close', () => {
      this.#running.delete(gone)
      gone.abort()
      this.#tell(exchange, request, response)
    })
    try {
      const reply = await this.#reply({ request, response, exchange, signal })
      if (reply) this.#send(response, { exchange, reply })
    } catch (err) {
      if (signal.aborted) return void response.destroy()
      log?.error({ err }, 'the page could not be made')
      this.#send(response, { exchange, reply: htmlReply('', 'failed') })
    }
  }

  /** Nobody gets an answer any more. */
  cut(): void {
    for (const running of this.#running) running.abort()
  }

  /** What to answer; nothing where nobody waits for it, or a fault has dealt with it. */
  async #reply(asked: {
    request: IncomingMessage
    response: ServerResponse
    exchange: Exchange
    signal: AbortSignal
  }): Promise<Reply | undefined> {
    const { request, response, exchange, signal } = asked
    const { maxBodyBytes, certsrv, host } = this.#init
    const path = exchange.path.toLowerCase()
    const body = await bodyOf(request, { response, maxBytes: maxBodyBytes })
    if (body === 'gone') return undefined
    exchange.status = 'ok'
    this.#init.onRequest?.(exchange.path)
    if (body === 'too-large') return htmlReply('', 'tooLarge', { connection: 'close' })
    if (path !== CERTSRV && !path.startsWith(`${CERTSRV}/`)) return htmlReply('', 'notFound')
    const page = () =>
      certsrv.answer({
        method: exchange.method,
        path,
        query: fieldsOf(exchange.query),
        form: fieldsOf(body.toString('latin1')),
        userName: exchange.userName,
        host: request.headers.host ?? host,
        userAgent: request.headers['user-agent'] ?? '',
        signal,
      })
    // A fault of the login comes before it, one of a page behind it.
    if (path === CERTSRV) return this.#orFault(asked, async () => this.#refusal(asked) ?? page())
    return this.#refusal(asked) ?? this.#orFault(asked, page)
  }

  #refusal({ request, exchange }: { request: IncomingMessage; exchange: Exchange }): Reply | undefined {
    const authenticated = this.#init.authentication.authenticate(request)
    if (!authenticated.ok) return unauthorized(authenticated)
    exchange.userName = authenticated.userName
    return undefined
  }

  #orFault(
    {
      request,
      response,
      exchange,
      signal,
    }: { request: IncomingMessage; response: ServerResponse; exchange: Exchange; signal: AbortSignal },
    reply: () => Promise<Reply>,
  ): Promise<Reply | undefined> {
    const { faults, context, sleep, reset } = this.#init
    const fault = faultAt(faults, exchange.path.toLowerCase())
    if (!fault) return reply()
    return faultyAnswer({ response, context, reply, reset: () => reset(request.socket), sleep, signal }, fault)
  }

  #send(response: ServerResponse, { exchange, reply }: { exchange: Exchange; reply: Reply }): void {
    if (response.destroyed) return
    const { status } = IIS_STATUSES[reply.status]
    exchange.status = reply.status
    const body = reply.body.length > 0 ? reply.body : Buffer.from(statusPage(status, STATUS_WORDS[status] ?? ''))
    response.writeHead(status, { server: SERVER_NAME, ...reply.headers, 'content-length': body.length })
    response.end(body)
  }

  #tell({ startedAt, status, ...known }: Exchange, { headers }: IncomingMessage, response: ServerResponse): void {
    if (status === undefined) return
    const at = this.#init.now()
    const line = iisLogLine({
      ...known,
      ...IIS_STATUSES[status],
      at,
      userAgent: headers['user-agent'] ?? '',
      referer: headers.referer ?? '',
      ...(response.writableFinished ? {} : { win32: CLIENT_GONE }),
      timeTakenMs: at.getTime() - startedAt.getTime(),
    })
    this.#init.onIisLine?.(line)
  }
}
