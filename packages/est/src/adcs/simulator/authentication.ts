import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { NtlmFormatError } from '../ntlm/errors.ts'
import { ntlmToken, ntlmTypeOf } from '../ntlm/messages.ts'
import { challengeMessage, checkAuthenticate, type ExtendedProtection, type NtlmDomain } from '../ntlm/server.ts'
import type { IisStatusName } from './iis-statuses.ts'

/** Password of each user, by name without a domain. */
export type Users = Readonly<Record<string, string>>

export type AuthenticationInit = {
  readonly users: Users
  readonly domain: NtlmDomain
  readonly basic: boolean
  readonly extendedProtection: ExtendedProtection
  /** Of the certificate that the server shows now. */
  readonly channelBinding: () => Buffer
  readonly now: () => Date
  readonly randomBytes: (size: number) => Buffer
}

export type Authenticated =
  /** `userName` as the IIS log shows it. */
  | { readonly ok: true; readonly userName: string }
  | { readonly ok: false; readonly status: IisStatusName; readonly challenges: readonly string[] }

/** How far the login of a connection has come: NTLM logs a connection in, not a request [ADCS-2.2]. */
type State = { negotiate?: Buffer; challenge?: Buffer; userName?: string }

const BY_VERDICT = {
  'invalid-token': 'invalidToken',
  'logon-denied': 'logonDenied',
  'bad-bindings': 'badBindings',
} as const satisfies Record<string, IisStatusName>

/** Without the difference of length, which a comparison in constant time does not take. */
const isSame = (given: string, wanted: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Windows Authentication of IIS: NTLM, bare or named Negotiate; Basic where it is installed. */
export class WindowsAuthentication {
  readonly #init: AuthenticationInit
  readonly #passwords: ReadonlyMap<string, string>
  readonly #states = new WeakMap<Socket, State>()

  constructor(init: AuthenticationInit) {
    this.#init = init
    this.#passwords = new Map(Object.entries(init.users).map(([name, password]) => [name.toLowerCase(), password]))
  }

  /** Who makes this request, or what to answer. */
  authenticate({ socket, headers }: IncomingMessage): Authenticated {
    const state = this.#states.get(socket) ?? {}
    this.#states.set(socket, state)
    const { authorization } = headers
    if (authorization === undefined)
      return state.userName === undefined ? this.#refused('anonymous') : { ok: true, userName: state.userName }
    const [scheme = '', token = ''] = authorization.split(/ +/, 2)
    if (/^basic$/i.test(scheme) && this.#init.basic) return this.#basic(token)
    if (!/^(?:ntlm|negotiate)$/i.test(scheme)) return this.#refused('anonymous')
    try {
      return this.#ntlm(state, { scheme, message: ntlmToken(token) })
    } catch (error) {
      if (!(error instanceof NtlmFormatError)) throw error
      return this.#refused('invalidToken')
    }
  }

  #refused(status: IisStatusName): Authenticated {
    const { basic, domain } = this.#init
    return {
      ok: false,
      status,
      challenges: ['Negotiate', 'NTLM', ...(basic ? [`Basic realm="${domain.dnsComputerName}"`] : [])],
    }
  }

  #ntlm(state: State, { scheme, message }: { scheme: string; message: Buffer }): Authenticated {
    const { domain, extendedProtection, channelBinding, now, randomBytes } = this.#init
    delete state.userName
    if (ntlmTypeOf(message) === 1) {
      const challenge = challengeMessage(message, { domain, serverChallenge: randomBytes(8), now: now().getTime() })
      Object.assign(state, { negotiate: message, challenge })
      return { ok: false, status: 'firstMessage', challenges: [`${scheme} ${challenge.toString('base64')}`] }
    }
    const { negotiate, challenge } = state
    // A challenge is for one answer, and an answer without one came over another connection.
    delete state.challenge
    if (!negotiate || !challenge) return this.#refused('invalidToken')
    const verdict = checkAuthenticate({
      negotiate,
      challenge,
      authenticate: message,
      passwordOf: account => this.#passwordOf(account),
      extendedProtection,
      channelBinding: channelBinding(),
    })
    if (!verdict.ok) return this.#refused(BY_VERDICT[verdict.why])
    state.userName = this.#logName(verdict.user)
    return { ok: true, userName: state.userName }
  }

  #basic(token: string): Authenticated {
    const text = Buffer.from(token, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    const [domain, user] = text.slice(0, Math.max(colon, 0)).split(/\\(.*)/s, 2)
    const account = user === undefined ? { user: domain ?? '', domain: '' } : { user, domain: domain ?? '' }
    const password = this.#passwordOf(account)
    if (colon < 0 || password === undefined || !isSame(text.slice(colon + 1), password)) return this.#refused('logonDenied')
    return { ok: true, userName: this.#logName(account.user) }
  }

  /** `user` with or without the domain, or `user@domain`, in any case. */
  #passwordOf({ user, domain }: { user: string; domain: string }): string | undefined {
    const { nbDomainName, dnsDomainName } = this.#init.domain
    const own = [nbDomainName, dnsDomainName].map(name => name.toLowerCase())
    const [name = '', suffix] = user.split('@', 2)
    const isOurs = [domain, suffix ?? ''].every(part => part === '' || own.includes(part.toLowerCase()))
    return isOurs ? this.#passwords.get(name.toLowerCase()) : undefined
  }

  #logName(user: string): string {
    return `${this.#init.domain.nbDomainName}\\${user.split('@', 1)[0]}`
  }
}
