import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request as startRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { EstError } from '../errors.ts'
import { secured, stageOf } from './channel.ts'
import { estErrorOf, type Stage } from './node-errors.ts'

type OpenChannel = (where: string) => TLSSocket

export type AgentInit = { readonly open: OpenChannel; readonly maxConnections: number; readonly idleTimeoutMs: number }

/** What {@link exchange} hands through Node's agent to the function that opens connections. */
type Labelled = RequestOptions & { where?: string }

/** Node's pool of connections over channels of ours: at most so many at once, each kept for the next request for a while. */
export class ChannelAgent extends Agent {
  readonly #open: OpenChannel

  constructor({ open, maxConnections, idleTimeoutMs }: AgentInit) {
    const keep = idleTimeoutMs > 0 ? { keepAlive: true, timeout: idleTimeoutMs } : { keepAlive: false }
    super({ ...keep, maxSockets: maxConnections, maxFreeSockets: maxConnections })
    this.#open = open
  }

  override createConnection(options: Labelled): TLSSocket {
    return this.#open(options.where ?? '')
  }
}

export type ExchangeInit = {
  readonly agent: ChannelAgent
  readonly host: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The Authorization header, asked for when the request leaves: it may have waited while another one was challenged. */
  readonly authorization?: () => string | undefined
  /** Made when the connection is there, because it may have to prove something about it. */
  readonly body?: (socket: TLSSocket) => Promise<string>
  readonly responseTimeoutMs: number
  readonly maxResponseBytes: number
  readonly signal?: AbortSignal
  readonly where: string
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Empty where the status has none. */
  readonly body: Buffer
  /** The words behind the number. */
  readonly reason: string
}

const MAX_HEADER_BYTES = 16_384

const readBody = async (response: IncomingMessage, { maxResponseBytes, where }: ExchangeInit): Promise<Buffer> => {
  // A libest server gives neither body nor length here, and may leave the connection open.
  if (response.statusCode === 202 && response.headers['content-length'] === undefined) {
    response.destroy()
    return Buffer.alloc(0)
  }
  const chunks: Buffer[] = []
  let size = 0
  const tooLarge = () =>
    new EstError('EST_TOO_LARGE', { where, status: response.statusCode ?? 0, detail: `more than ${maxResponseBytes} bytes` })
  if (Number(response.headers['content-length'] ?? 0) > maxResponseBytes) throw tooLarge()
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxResponseBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The connection that this request would have used was closed by the server while it lay idle. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
}

const exchangeOnce = async (init: ExchangeInit): Promise<Answer> => {
  const { agent, host, port, method, path, headers, responseTimeoutMs, signal, where } = init
  let stage: Stage | undefined
  let socket: TLSSocket | undefined
  let timer: NodeJS.Timeout | undefined
  let bodyFailure: unknown
  // Node tells neither a request that waits for its turn, nor a body that is being read, of its end.
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => {})
  const abort = () => ended.reject(signal?.reason)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  const options: Labelled = { agent, host, port, method, path, headers, where, maxHeaderSize: MAX_HEADER_BYTES }
  const request = startRequest(options)
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
  })
  const send = async () => {
    await secured(socket!)
    stage = 'send'
    const authorization = init.authorization?.()
    if (authorization !== undefined) request.setHeader('authorization', authorization)
    let text = ''
    try {
      text = (await init.body?.(socket!)) ?? ''
    } catch (error) {
      // Who makes the request knows best why there is none.
      bodyFailure = error
      throw error
    }
    // It may be over by now: the connection broke, or the caller has gone.
    if (request.destroyed) return
    timer = setTimeout(() => {
      const error = new EstError('EST_READ_TIMEOUT', { where, detail: `${responseTimeoutMs} ms` })
      ended.reject(error)
      request.destroy(error)
    }, responseTimeoutMs)
    if (init.body) request.setHeader('content-length', Buffer.byteLength(text))
    // With another encoding Node would write the headers in it, too.
    request.end(text, 'latin1', () => {
      stage = 'read'
    })
  }
  request.once('socket', assigned => {
    socket = assigned as TLSSocket
    send().catch(error => request.destroy(error))
  })
  try {
    const response = await Promise.race([answered, ended.promise])
    stage = 'read'
    const body = await Promise.race([readBody(response, init), ended.promise])
    return { status: response.statusCode ?? 0, headers: response.headers, body, reason: response.statusMessage ?? '' }
  } catch (error) {
    request.destroy()
    if (error === bodyFailure) throw error
    if (signal?.aborted) throw new EstError('EST_ABORTED', { where, cause: signal.reason })
    const { code, message } = error as Error & { code?: string }
    if (code === 'ECONNRESET' && message === 'aborted') throw new EstError('EST_TRUNCATED', { where, cause: error })
    if (request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')) throw new StaleConnection(message, { cause: error })
    throw estErrorOf(error, { stage: stage ?? stageOf(socket) ?? 'connect', where })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    answered.catch(() => {})
  }
}

/**
 * One request and its answer. A connection from the pool that turns out to be closed is replaced by the next one: the server had
 * said good-bye before the request came, as a libest server does after each answer. A new connection is never replaced.
 *
 * @throws {EstError}
 */
export const exchange = async (init: ExchangeInit): Promise<Answer> => {
  for (;;) {
    try {
      return await exchangeOnce(init)
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
    }
  }
}
