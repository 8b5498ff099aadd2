import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request as startRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { EstError } from '../errors.ts'
import { estErrorOf, type Stage } from './node-errors.ts'

type OpenChannel = (where: string) => Promise<TLSSocket>

export type AgentInit = { readonly open: OpenChannel; readonly maxConnections: number; readonly idleTimeoutMs: number }

/** What {@link exchange} hands through Node's agent to the function that opens connections. */
type Labelled = RequestOptions & { where?: string }

/**
 * Node's pool of connections over channels that are authorised before anything is sent: at most so many at once, each kept for
 * the next request for a while.
 */
export class ChannelAgent extends Agent {
  readonly #open: OpenChannel

  constructor({ open, maxConnections, idleTimeoutMs }: AgentInit) {
    const keep = idleTimeoutMs > 0 ? { keepAlive: true, timeout: idleTimeoutMs } : { keepAlive: false }
    super({ ...keep, maxSockets: maxConnections, maxFreeSockets: maxConnections })
    this.#open = open
  }

  override createConnection(options: Labelled, done?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#open(options.where ?? '').then(
      socket => done?.(null, socket),
      error => done?.(error as Error, undefined as unknown as Duplex),
    )
  }
}

export type ExchangeInit = {
  readonly agent: ChannelAgent
  readonly host: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
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
  let stage: Stage = 'connect'
  const options: Labelled = {
    agent,
    host,
    port,
    method,
    path,
    headers,
    where,
    maxHeaderSize: MAX_HEADER_BYTES,
    ...(signal ? { signal } : {}),
  }
  const request = startRequest(options)
  const late = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
    request.once('socket', socket => {
      stage = 'send'
      const fail = (error: unknown) => request.destroy(error as Error)
      timer = setTimeout(() => {
        const error = new EstError('EST_READ_TIMEOUT', { where, detail: `${responseTimeoutMs} ms` })
        late.reject(error)
        fail(error)
      }, responseTimeoutMs)
      const body = init.body ? init.body(socket as TLSSocket) : Promise.resolve('')
      body.then(text => {
        if (init.body) request.setHeader('content-length', Buffer.byteLength(text))
        request.end(text, () => {
          stage = 'read'
        })
      }, fail)
    })
  })
  late.promise.catch(() => {})
  try {
    const response = await answered
    stage = 'read'
    const body = await Promise.race([readBody(response, init), late.promise])
    return { status: response.statusCode ?? 0, headers: response.headers, body, reason: response.statusMessage ?? '' }
  } catch (error) {
    request.destroy()
    if (signal?.aborted) throw new EstError('EST_ABORTED', { where, cause: signal.reason })
    const code = (error as { code?: string }).code
    if (code === 'ECONNRESET' && (error as Error).message === 'aborted')
      throw new EstError('EST_TRUNCATED', { where, cause: error })
    if (request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE'))
      throw new StaleConnection('closed while idle', { cause: error })
    throw estErrorOf(error, { stage, where })
  } finally {
    clearTimeout(timer)
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
