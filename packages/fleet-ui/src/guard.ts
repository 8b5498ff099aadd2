import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { UiErrorCode } from './errors.ts'

const hostOf = (header: string): string =>
  header
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()

/**
 * Whether a Host header is one that only somebody who meant this machine would send. A name of another site that was pointed to this
 * address (DNS rebinding) gives itself away here: it is a name. Ports are not compared, so that a tunnel may have another one.
 *
 * @param own  the host that is listened on.
 */
export const isOwnHost = (header: string | undefined, own: string): boolean => {
  if (header === undefined) return false
  const host = hostOf(header)
  return isIP(host) !== 0 || host === 'localhost' || host === own.toLowerCase()
}

/** A browser says where a request comes from; other programs say nothing. */
export const isForeignOrigin = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** What is wrong with the token of a request; compared in constant time. */
export const tokenProblem = ({ headers }: Pick<IncomingMessage, 'headers'>, token: string): UiErrorCode | undefined => {
  const { authorization } = headers
  if (authorization === undefined) return 'UI_TOKEN_MISSING'
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`)) ? undefined : 'UI_TOKEN_WRONG'
}
