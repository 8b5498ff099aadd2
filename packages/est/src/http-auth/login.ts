import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { parseChallenges, quote } from './challenge.ts'
import { type DigestAlgorithm, digestAlgorithm, digestResponse } from './digest.ts'

export type LoginInit = {
  readonly scheme: 'basic' | 'digest'
  /** Digest algorithms that are offered, in this order: the first that a client knows is taken (RFC 7616 §3.7). */
  readonly algorithms: readonly DigestAlgorithm[]
  readonly realm: string
  /** The password of a user; `undefined` for one that nobody knows. */
  readonly passwordOf: (user: string) => string | undefined
  readonly now: () => Date
  readonly randomBytes: (size: number) => Buffer
}

export type Verdict =
  | { readonly ok: true; readonly user: string }
  /** `stale`: the password may be right, but the nonce is too old. */
  | { readonly ok: false; readonly why: 'missing' | 'refused' | 'stale' }

const NONCE_MS = 300_000
/** As libest has it. */
const MAX_NAME = 255
const digest = (text: string) => createHash('sha256').update(text).digest()
/** In constant time: the digests are compared. */
const isSame = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))

/** The server side of Basic (RFC 7617) and Digest with `qop=auth` (RFC 7616). */
export class Login {
  readonly #init: LoginInit
  readonly #secret: Buffer

  constructor(init: LoginInit) {
    this.#init = init
    this.#secret = init.randomBytes(32)
  }

  /** WWW-Authenticate, one for each algorithm. A Digest nonce carries its own time, so nothing is kept for it. */
  challenges({ stale = false }: { stale?: boolean } = {}): string[] {
    const realm = quote(this.#init.realm)
    if (this.#init.scheme === 'basic') return [`Basic realm=${realm}`]
    const nonce = this.#nonce(this.#init.now().getTime())
    const rest = `realm=${realm}, nonce="${nonce}"${stale ? ', stale=true' : ''}`
    // MD5 is what is meant without a name, and older clients know it by no other.
    const named = (algorithm: DigestAlgorithm) => (algorithm === 'MD5' ? '' : `algorithm=${algorithm}, `)
    return this.#init.algorithms.map(algorithm => `Digest qop="auth", ${named(algorithm)}${rest}`)
  }

  check(authorization: string | undefined, request: { readonly method: string; readonly uri: string }): Verdict {
    const { scheme } = this.#init
    if (authorization === undefined || !authorization.toLowerCase().startsWith(`${scheme} `)) return { ok: false, why: 'missing' }
    return scheme === 'basic' ? this.#checkBasic(authorization) : this.#checkDigest(authorization, request)
  }

  #checkBasic(authorization: string): Verdict {
    const text = Buffer.from(authorization.slice('basic '.length).trim(), 'base64').toString('utf8')
    const at = text.indexOf(':')
    const [user, password] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
    if (at < 0 || user.length > MAX_NAME || password.length > MAX_NAME) return { ok: false, why: 'refused' }
    const wanted = this.#init.passwordOf(user)
    // An unknown user costs as much time as a known one.
    const fits = isSame(password, wanted ?? '')
    return fits && wanted !== undefined ? { ok: true, user } : { ok: false, why: 'refused' }
  }

  #checkDigest(authorization: string, { method, uri }: { method: string; uri: string }): Verdict {
    const fields = parseChallenges(authorization)[0]?.parameters ?? new Map<string, string>()
    const field = (name: string) => fields.get(name) ?? ''
    const [user, nonce, algorithm] = [field('username'), field('nonce'), fields.get('algorithm')]
    const isOurs = field('realm') === this.#init.realm && field('uri') === uri && field('qop') === 'auth'
    const row = digestAlgorithm(algorithm)
    if (!isOurs || user.length > MAX_NAME || !row || !this.#init.algorithms.includes(row.name)) return { ok: false, why: 'refused' }
    const password = this.#init.passwordOf(user)
    const qop = { nc: field('nc'), cnonce: field('cnonce') }
    const { realm } = this.#init
    const wanted = digestResponse({ algorithm, user, realm, password: password ?? '', method, uri, nonce, qop }) ?? ''
    if (!isSame(wanted, field('response')) || password === undefined) return { ok: false, why: 'refused' }
    const age = this.#nonceAge(nonce)
    return age !== undefined && age >= 0 && age < NONCE_MS ? { ok: true, user } : { ok: false, why: 'stale' }
  }

  #nonce(time: number): string {
    const stamp = time.toString(36)
    return `${stamp}.${createHmac('sha256', this.#secret).update(stamp).digest('base64url')}`
  }

  /** How old a nonce is, ms; `undefined` when it is none of ours. */
  #nonceAge(nonce: string): number | undefined {
    const time = Number.parseInt(nonce.split('.', 1)[0] ?? '', 36)
    return Number.isSafeInteger(time) && isSame(nonce, this.#nonce(time)) ? this.#init.now().getTime() - time : undefined
  }
}
