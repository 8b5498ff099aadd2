import { type Challenge, headerBytes, parseChallenges, quote } from './challenge.ts'
import { DIGEST_ALGORITHMS, digestAlgorithm, digestResponse } from './digest.ts'

export type Credentials = { readonly user: string; readonly password: string }

/** New nonces for one request: a server whose nonces are never fresh is not asked for ever. */
const MAX_STALE = 3

type Accepted = { readonly challenge: Challenge; uses: number }

/** Which offer is taken: Digest before Basic, since it never shows the password; among Digests the strongest. */
const strength = ({ scheme, parameters }: Challenge): number => {
  if (scheme === 'basic') return 1
  if (scheme !== 'digest') return 0
  const row = digestAlgorithm(parameters.get('algorithm'))
  const qop = parameters.get('qop')
  // auth-int signs the body, too, and nobody offers it alone.
  if (!row || (qop !== undefined && !/(?:^|[,\s])auth(?:$|[,\s])/.test(qop))) return 0
  return 1 + DIGEST_ALGORITHMS.length - DIGEST_ALGORITHMS.indexOf(row)
}

/**
 * Answers the challenges of one server (RFC 7617, RFC 7616). Once it was challenged, it sends what it knows with the first
 * request of a connection, too. Who uses it has authorised the server before: nothing here looks at that [EST-4.1].
 */
export class Authenticator {
  readonly #credentials: Credentials
  readonly #randomBytes: (size: number) => Buffer
  #accepted: Accepted | undefined

  constructor(credentials: Credentials, randomBytes: (size: number) => Buffer) {
    this.#credentials = credentials
    this.#randomBytes = randomBytes
  }

  /**
   * Take the best offer of a 401.
   *
   * @param sent   the Authorization header that was not accepted.
   * @param tries  how often this very request has answered a challenge before.
   * @returns `retry`, or why there is nothing to answer with.
   */
  challenged(
    header: string,
    { sent, tries }: { readonly sent: string | undefined; readonly tries: number },
  ): 'retry' | 'refused' | 'unsupported' {
    const [best] = parseChallenges(header).sort((a, b) => strength(b) - strength(a))
    if (!best || strength(best) === 0) return sent === undefined ? 'unsupported' : 'refused'
    // A nonce may have become too old, or belonged to another connection; a password does not get better.
    const isStale = best.parameters.get('stale')?.toLowerCase() === 'true'
    const isHopeless = best.scheme === 'basic' ? sent?.startsWith('Basic ') : tries > (isStale ? MAX_STALE : 0)
    this.#accepted = isHopeless ? undefined : { challenge: best, uses: 0 }
    return isHopeless ? 'refused' : 'retry'
  }

  /** The Authorization header for a request; `undefined` before the first challenge. */
  headerFor(request: { readonly method: string; readonly uri: string }): string | undefined {
    if (!this.#accepted) return undefined
    const { user, password } = this.#credentials
    if (this.#accepted.challenge.scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    return this.#digestHeader(this.#accepted, request)
  }

  #digestHeader(accepted: Accepted, { method, uri }: { method: string; uri: string }): string | undefined {
    const { parameters } = accepted.challenge
    const [realm, nonce, opaque, algorithm] = ['realm', 'nonce', 'opaque', 'algorithm'].map(name => parameters.get(name))
    accepted.uses += 1
    const nc = accepted.uses.toString(16).padStart(8, '0')
    const qop = parameters.has('qop') ? { nc, cnonce: this.#randomBytes(12).toString('base64url') } : undefined
    const response = digestResponse({
      ...this.#credentials,
      algorithm,
      realm: realm ?? '',
      nonce: nonce ?? '',
      method,
      uri,
      ...(qop ? { qop } : {}),
    })
    if (response === undefined) return undefined
    const fields = [
      `username=${quote(this.#credentials.user)}`,
      `realm=${quote(realm ?? '')}`,
      `nonce=${quote(nonce ?? '')}`,
      `uri=${quote(uri)}`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(qop ? ['qop=auth', `nc=${qop.nc}`, `cnonce=${quote(qop.cnonce)}`] : []),
      `response=${quote(response)}`,
      ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ]
    return headerBytes(`Digest ${fields.join(', ')}`)
  }
}
