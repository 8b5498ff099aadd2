import { AdcsError } from '../errors.ts'
import { channelBinding } from '../ntlm/channel-binding.ts'
import { authenticateMessage, negotiateMessage } from '../ntlm/client.ts'
import { NtlmFormatError } from '../ntlm/errors.ts'
import { ntlmToken } from '../ntlm/messages.ts'
import { CERTSRV } from '../paths.ts'
import type { CertsrvAnswer, CertsrvConnection } from './connection.ts'
import type { AdcsClientOptions } from './options.ts'
import { mustBe, mustBeLoggedIn } from './statuses.ts'

export type Credentials = Pick<AdcsClientOptions, 'user' | 'password' | 'authentication' | 'channelBinding'> & {
  readonly host: string
  /** Milliseconds since 1970, for servers that do not tell the time. */
  readonly wallClock: () => number
  readonly randomBytes: (size: number) => Buffer
}

/** Headers that every further request of the connection carries. */
export type LoggedIn = { readonly headers: Readonly<Record<string, string>> }

type Attempt = { readonly loggedIn: LoggedIn; readonly answer: CertsrvAnswer }

/** Schemes by `WWW-Authenticate`, strongest first. Negotiate takes a bare NTLM message too, where NTLM is behind it. */
const SCHEMES = { NTLM: 'ntlm', Negotiate: 'ntlm', Basic: 'basic' } as const
type Scheme = keyof typeof SCHEMES

const offeredBy = ({ challenges }: CertsrvAnswer) => challenges.map(challenge => challenge.trim().split(' ', 1)[0]!.toLowerCase())

const allowed = ({ authentication }: Credentials): Scheme[] =>
  (Object.keys(SCHEMES) as Scheme[]).filter(scheme => authentication === 'any' || SCHEMES[scheme] === authentication)

/** The token of a challenge: nothing where the scheme is only offered. */
const tokenOf = ({ challenges }: CertsrvAnswer, scheme: Scheme) =>
  challenges.map(challenge => challenge.trim().split(/ +/)).find(([name]) => name?.toLowerCase() === scheme.toLowerCase())?.[1]

/** Both rounds of NTLM on one connection [ADCS-2.2]. The answer to the second one, or to the first where it was not a challenge. */
const ntlm = async (connection: CertsrvConnection, scheme: Scheme, credentials: Credentials): Promise<CertsrvAnswer> => {
  const send = (message: Buffer) =>
    connection.request({ path: CERTSRV, headers: { Authorization: `${scheme} ${message.toString('base64')}` } })
  const negotiate = negotiateMessage()
  const answer = await send(negotiate)
  const token = answer.status === 401 ? tokenOf(answer, scheme) : undefined
  if (token === undefined) return answer
  const { user: userName, password, host, wallClock, randomBytes } = credentials
  try {
    const message = authenticateMessage({
      userName,
      password,
      negotiate,
      challenge: ntlmToken(token),
      targetName: `HTTP/${host}`,
      ...(credentials.channelBinding ? { channelBinding: channelBinding(connection.serverCertificateDer) } : {}),
      now: wallClock,
      randomBytes,
    })
    return await send(message)
  } catch (cause) {
    if (!(cause instanceof NtlmFormatError)) throw cause
    throw new AdcsError('ADCS_NTLM_MALFORMED', answer.url, { cause })
  }
}

const basicHeader = ({ user, password }: Credentials) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
})

const attempt = async (connection: CertsrvConnection, scheme: Scheme, credentials: Credentials): Promise<Attempt> => {
  if (SCHEMES[scheme] === 'ntlm') return { loggedIn: { headers: {} }, answer: await ntlm(connection, scheme, credentials) }
  const headers = basicHeader(credentials)
  return { loggedIn: { headers }, answer: await connection.request({ path: CERTSRV, headers }) }
}

/**
 * GET /certsrv until the CA is content: a redirect to `/certsrv/`, or the page itself [ADCS-2.1]. With `ntlm` and `basic` the
 * first request says so at once, as the product's does; with `any` it asks what there is.
 *
 * @throws {AdcsError} `ADCS_NO_SCHEME`, `ADCS_LOGIN_REJECTED`, `ADCS_NTLM_MALFORMED`, `ADCS_NO_CERTSRV`, `ADCS_FORBIDDEN`,
 *   `ADCS_REDIRECTED`, `ADCS_HTTP_STATUS`, and what {@link CertsrvConnection} throws.
 */
export const login = (connection: CertsrvConnection, credentials: Credentials): Promise<Attempt> =>
  connection.step(CERTSRV, 'login', async () => {
    const schemes = allowed(credentials)
    let first: Attempt
    let tried: Scheme | undefined
    if (credentials.authentication === 'any')
      first = { loggedIn: { headers: {} }, answer: await connection.request({ path: CERTSRV }) }
    else {
      tried = schemes[0]!
      first = await attempt(connection, tried, credentials)
    }
    // Offers stand in the answer to a scheme that the server does not have, not in the answer to a wrong password.
    const offers = offeredBy(first.answer)
    const isOffered = (scheme: Scheme) => offers.includes(scheme.toLowerCase())
    if (first.answer.status !== 401 || (tried && isOffered(tried))) return { ...first, answer: mustBeLoggedIn(first.answer) }
    const next = schemes.find(scheme => scheme !== tried && isOffered(scheme))
    if (!next) throw new AdcsError('ADCS_NO_SCHEME', first.answer.url, { detail: `offered: ${offers.join(', ') || 'nothing'}` })
    const second = await attempt(connection, next, credentials)
    return { ...second, answer: mustBeLoggedIn(second.answer) }
  })

/** One page of a connection that is logged in. @throws {AdcsError} as {@link login}, and `ADCS_LOGIN_LOST`. */
export const page = (
  connection: CertsrvConnection,
  { headers }: LoggedIn,
  request: { path: string; form?: string; referer?: string },
): Promise<CertsrvAnswer> => {
  const { path, form, referer } = request
  return connection.step(path, 'answer', async () => {
    const answer = await connection.request({
      path,
      ...(form === undefined ? {} : { form }),
      headers: { ...headers, ...(referer === undefined ? {} : { Referer: referer }) },
    })
    return mustBe(answer)
  })
}
