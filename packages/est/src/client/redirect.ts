import { type Address, formatAddress } from '@capfkit/listen'
import { EstError, quoted } from '../errors.ts'
import type { Answer } from './exchange.ts'

/** Where a request goes. */
export type Target = Address & { readonly path: string }

/** Asked before a request that carries something is sent to another server: somebody has to agree to it (RFC 7030 §3.2.1). */
export type AllowRedirect = (target: Target) => boolean | Promise<boolean>

/** 303 would turn a request for a certificate into a question after a page. */
const REDIRECTS: readonly number[] = [301, 302, 307, 308]

export const isRedirect = ({ status }: Answer): boolean => status >= 300 && status < 400

const DEFAULT_PORT = 443

/** As a URL has it: a name without case, an address in its shortest form. */
const canonicalHost = ({ host }: Address): string => new URL(`https://${formatAddress({ host, port: DEFAULT_PORT })}`).hostname

export const sameOrigin = (a: Address, b: Address): boolean => a.port === b.port && canonicalHost(a) === canonicalHost(b)

/**
 * Where an answer sends its request.
 *
 * @throws {EstError} `EST_REDIRECT_REFUSED`: no place, not HTTPS, with a user in it, or by 303.
 */
export const redirectTarget = (answer: Answer, { from, where }: { from: Target; where: string }): Target => {
  const refuse = (detail: string) => new EstError('EST_REDIRECT_REFUSED', { where, status: answer.status, detail })
  const { location } = answer.headers
  if (location === undefined || !REDIRECTS.includes(answer.status)) throw refuse(`status ${answer.status}`)
  let url: URL
  try {
    url = new URL(location, `https://${formatAddress(from)}${from.path}`)
  } catch {
    throw refuse(quoted(location))
  }
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') throw refuse(quoted(location))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), path: `${url.pathname}${url.search}` }
}
