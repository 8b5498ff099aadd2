import { ServerError, type ServerErrorCode } from '../../errors.ts'

/** What PostgreSQL's SQLSTATE, or an error of the socket to it, means to an operator. Two letters stand for their whole class. */
const CODES: Readonly<Record<string, ServerErrorCode>> = {
  '28000': 'STORE_LOGIN_REFUSED',
  '28P01': 'STORE_LOGIN_REFUSED',
  '3D000': 'STORE_NO_DATABASE',
  '42501': 'STORE_NOT_ALLOWED',
  // No schema in which this user may do anything.
  '3F000': 'STORE_NOT_ALLOWED',
  '25006': 'STORE_READ_ONLY',
  '53100': 'STORE_FULL',
  '53300': 'STORE_AWAY',
  '55P03': 'STORE_LOCKED',
  '57014': 'STORE_TIMEOUT',
  '57P01': 'STORE_AWAY',
  '57P02': 'STORE_AWAY',
  '57P03': 'STORE_AWAY',
  '58030': 'STORE_FULL',
  '08': 'STORE_AWAY',
  ECONNREFUSED: 'STORE_AWAY',
  ECONNRESET: 'STORE_AWAY',
  EPIPE: 'STORE_AWAY',
  ETIMEDOUT: 'STORE_AWAY',
  EHOSTUNREACH: 'STORE_AWAY',
  ENETUNREACH: 'STORE_AWAY',
  ENOTFOUND: 'STORE_AWAY',
  EAI_AGAIN: 'STORE_AWAY',
  // The path of a socket of this machine.
  ENOENT: 'STORE_AWAY',
}

/** What the library says without a code, when a connection is not there or not there any more. */
const LOST = /^(Connection terminated|timeout (expired|exceeded)|Client has encountered a connection error|Query read timeout)/i

/** What it says when the server wants a password and there is none, or not the right one. */
const NO_LOGIN = /^SASL: /

const codeOf = (cause: unknown): ServerErrorCode => {
  const { code, message } = cause as { code?: unknown; message?: unknown }
  if (typeof code === 'string') return CODES[code] ?? CODES[code.slice(0, 2)] ?? 'STORE_FAILED'
  if (typeof message !== 'string') return 'STORE_FAILED'
  if (NO_LOGIN.test(message)) return 'STORE_LOGIN_REFUSED'
  return LOST.test(message) ? 'STORE_AWAY' : 'STORE_FAILED'
}

/** The store's own error for whatever the library threw. */
export const postgresError = (where: string, cause: unknown): ServerError => {
  if (cause instanceof ServerError) return cause
  // Several addresses of one name, none of which answers.
  const [first] = cause instanceof AggregateError ? cause.errors : [cause]
  return new ServerError(codeOf(first), where, { cause: first })
}

/** Two transactions were in each other's way: the same once more will do. */
export const isCollision = (cause: unknown): boolean => ['40001', '40P01'].includes((cause as { code?: string }).code ?? '')
