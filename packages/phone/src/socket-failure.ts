import type { PhoneErrorCode } from './errors.ts'

/** How far a connection has come. */
export type Stage = 'connect' | 'tls' | 'open'

/** What an error of the operating system means to a phone that connects. */
const BY_ERRNO: Readonly<Record<string, PhoneErrorCode>> = {
  ECONNREFUSED: 'PHONE_CONNECT_REFUSED',
  ETIMEDOUT: 'PHONE_CONNECT_TIMEOUT',
  ENOTFOUND: 'PHONE_NAME_UNKNOWN',
  EAI_AGAIN: 'PHONE_NAME_UNKNOWN',
  // With a source address the port is taken whatever the destination, so both mean that ports have run out here.
  EADDRNOTAVAIL: 'PHONE_NO_LOCAL_PORT',
  EADDRINUSE: 'PHONE_NO_LOCAL_PORT',
  EMFILE: 'PHONE_NO_RESOURCES',
  ENFILE: 'PHONE_NO_RESOURCES',
  ENOBUFS: 'PHONE_NO_RESOURCES',
  ENOMEM: 'PHONE_NO_RESOURCES',
  ERR_SOCKET_BAD_PORT: 'PHONE_BAD_ADDRESS',
  ERR_INVALID_IP_ADDRESS: 'PHONE_BAD_ADDRESS',
  ERR_INVALID_ARG_TYPE: 'PHONE_BAD_ADDRESS',
  EINVAL: 'PHONE_BAD_ADDRESS',
}

const OTHERWISE = { connect: 'PHONE_CONNECT_FAILED', tls: 'PHONE_TLS_FAILED', open: 'PHONE_CONNECTION_LOST' } as const

/** Code and detail for an error of a socket. The words are Node's and OpenSSL's: addresses and error names, never what was sent. */
export const socketFailure = (error: Error & { code?: string }, stage: Stage): { code: PhoneErrorCode; detail: string } => {
  const known = stage === 'connect' && error.code !== undefined ? BY_ERRNO[error.code] : undefined
  // A name with several addresses fails with an AggregateError, which has a code and no words.
  return { code: known ?? OTHERWISE[stage], detail: error.message === '' ? (error.code ?? error.name) : error.message }
}
