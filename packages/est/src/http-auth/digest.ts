import { createHash } from 'node:crypto'

/** Digest algorithms (RFC 7616 §3.3) by the name in a challenge, the strongest first. */
export const DIGEST_ALGORITHMS = [
  { name: 'SHA-512-256', hash: 'sha512-256' },
  { name: 'SHA-256', hash: 'sha256' },
  { name: 'MD5', hash: 'md5' },
] as const

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number]['name']

/** The row of an algorithm; without a name it is MD5 (RFC 7616 §3.3). */
export const digestAlgorithm = (name: string | undefined) =>
  DIGEST_ALGORITHMS.find(row => row.name === (name ?? 'MD5').replace(/-sess$/i, '').toUpperCase())

export type DigestInput = {
  readonly algorithm: string | undefined
  readonly user: string
  readonly realm: string
  readonly password: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Without them the answer is that of RFC 2069, which some servers still ask for. */
  readonly qop?: { readonly nc: string; readonly cnonce: string }
}

/** The response of Digest (RFC 7616 §3.4.1), hexadecimal; `undefined` for an algorithm that nobody here knows. */
export const digestResponse = (input: DigestInput): string | undefined => {
  const row = digestAlgorithm(input.algorithm)
  if (!row) return undefined
  const hash = (...parts: string[]) => createHash(row.hash).update(parts.join(':')).digest('hex')
  const { user, realm, password, method, uri, nonce, qop } = input
  const plain = hash(user, realm, password)
  const secret = /-sess$/i.test(input.algorithm ?? '') && qop ? hash(plain, nonce, qop.cnonce) : plain
  const request = hash(method, uri)
  return qop ? hash(secret, nonce, qop.nc, qop.cnonce, 'auth', request) : hash(secret, nonce, request)
}
