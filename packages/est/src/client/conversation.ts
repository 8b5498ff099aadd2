import type { TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { EstError } from '../errors.ts'
import { Authenticator, type Credentials } from '../http-auth/authenticator.ts'
import { OPERATIONS, type OperationName } from '../wire/operations.ts'
import { formatPath } from '../wire/path.ts'
import { refusalOf } from './answers.ts'
import { type ChannelInit, openChannel } from './channel.ts'
import { type Answer, ChannelAgent, exchange } from './exchange.ts'
import type { EstClientOptions } from './options.ts'
import { type AllowRedirect, isRedirect, redirectTarget, sameOrigin, type Target } from './redirect.ts'
import type { ServerTrust } from './server-trust.ts'

export type ConversationInit = {
  readonly server: Address
  readonly label?: string
  readonly trust: ServerTrust
  readonly credentials?: Credentials
  readonly certificate?: CertificateAndKey
  readonly options: EstClientOptions
  readonly allowRedirect?: AllowRedirect
  readonly lookup?: NonNullable<ChannelInit['lookup']>
  readonly now: () => Date
  readonly randomBytes: (size: number) => Buffer
}

export type Asked = {
  readonly contentType?: string
  readonly body?: (socket: TLSSocket) => Promise<string>
  readonly signal?: AbortSignal
}

/** What is said to one server and its like: connections, log-in and redirects, but not what the operations mean. */
export class Conversation implements Disposable {
  readonly #init: ConversationInit
  readonly #agent: ChannelAgent
  readonly #authenticator: Authenticator | undefined

  constructor(init: ConversationInit) {
    this.#init = init
    this.#agent = this.#agentFor(init.server)
    this.#authenticator = init.credentials && new Authenticator(init.credentials, init.randomBytes)
  }

  /** Operation and address, as they stand in errors. */
  where(operation: OperationName): string {
    return `${operation} at ${formatAddress(this.#init.server)}`
  }

  /**
   * The answer to an operation, after log-in and redirects. Whatever it is but a 401 or a redirect, it is returned.
   *
   * @throws {EstError}
   */
  async ask(operation: OperationName, asked: Asked): Promise<Answer> {
    const where = this.where(operation)
    const { server, label, options, allowRedirect } = this.#init
    let target: Target = { ...server, path: formatPath(operation, label) }
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#askTarget(target, { operation, asked, where })
      if (!isRedirect(answer)) return answer
      const next = redirectTarget(answer, { from: target, where })
      const isAllowed = sameOrigin(next, server) || OPERATIONS[operation].method === 'GET' || (await allowRedirect?.(next))
      if (redirects >= options.maxRedirects || !isAllowed)
        throw new EstError('EST_REDIRECT_REFUSED', { where, status: answer.status, detail: formatAddress(next) + next.path })
      target = next
    }
  }

  async #askTarget(target: Target, what: { operation: OperationName; asked: Asked; where: string }): Promise<Answer> {
    if (sameOrigin(target, this.#init.server))
      return this.#logIn(target, { ...what, agent: this.#agent, authenticator: this.#authenticator })
    // Another server: another connection with all its checks (RFC 7030 §3.2.1), nothing is kept, and no password is for it.
    const agent = this.#agentFor(target)
    try {
      return await this.#logIn(target, { ...what, agent, authenticator: undefined })
    } finally {
      agent.destroy()
    }
  }

  /** Challenges are answered here, over a channel that is authorised; a provisional one has no authenticator. */
  async #logIn(
    target: Target,
    what: {
      operation: OperationName
      asked: Asked
      where: string
      agent: ChannelAgent
      authenticator: Authenticator | undefined
    },
  ): Promise<Answer> {
    const { operation, asked, where, agent, authenticator } = what
    const { method } = OPERATIONS[operation]
    const { options, now } = this.#init
    for (let tries = 0; ; tries++) {
      let sent: string | undefined
      const answer = await exchange({
        agent,
        ...target,
        method,
        headers: {
          host: formatAddress(target),
          ...(options.userAgent === '' ? {} : { 'user-agent': options.userAgent }),
          ...(asked.contentType === undefined ? {} : { 'content-type': asked.contentType, 'content-transfer-encoding': 'base64' }),
        },
        authorization: () => {
          sent = authenticator?.headerFor({ method, uri: target.path })
          return sent
        },
        responseTimeoutMs: options.responseTimeoutMs,
        maxResponseBytes: options.maxResponseBytes,
        where,
        ...(asked.body ? { body: asked.body } : {}),
        ...(asked.signal ? { signal: asked.signal } : {}),
      })
      if (answer.status !== 401) return answer
      const offer = answer.headers['www-authenticate']
      // A 401 without an offer is a refusal, e.g. of a proof of possession.
      if (offer === undefined) throw refusalOf(answer, { where, now: now() })
      if (!authenticator) throw new EstError('EST_AUTH_REQUIRED', { where, status: 401, detail: offer.slice(0, 100) })
      const verdict = authenticator.challenged(offer, { sent, tries })
      if (verdict === 'unsupported') throw new EstError('EST_AUTH_UNSUPPORTED', { where, status: 401, detail: offer.slice(0, 100) })
      if (verdict === 'refused') throw refusalOf(answer, { where, now: now() })
    }
  }

  #agentFor(address: Address): ChannelAgent {
    const { trust, certificate, options, lookup } = this.#init
    const { host, port } = address
    const channel = {
      address: { host, port },
      trust,
      options,
      ...(certificate ? { certificate } : {}),
      ...(lookup ? { lookup } : {}),
    }
    return new ChannelAgent({
      open: where => openChannel({ ...channel, where }),
      maxConnections: options.maxConnections,
      idleTimeoutMs: options.idleTimeoutMs,
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
