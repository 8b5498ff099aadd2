import type { AdcsErrorCode } from './errors.ts'

/** What curl says of a failure: the number and words of today, and those of the product's older libcurl (CES). */
export type CurlFailure = { readonly number: number; readonly words: string; readonly ces: { number: number; words: string } }

/** What the words are made of. */
export type CurlPlace = {
  readonly host: string
  readonly port: number
  /** From the start of the operation, whole milliseconds. */
  readonly elapsedMs: number
  /** Bytes of the answer's body so far, and how many there should be. */
  readonly receivedBytes: number
  readonly expectedBytes?: number
  /** What Node or OpenSSL says. */
  readonly detail: string
  /** Common name of the server's certificate, where names differ. */
  readonly subject?: string
}

type Words = (place: CurlPlace) => string

type Row = {
  readonly code: AdcsErrorCode
  readonly number: number
  readonly words: Words
  /** Where the product's libcurl differs. */
  readonly ces?: { readonly number?: number; readonly words?: Words }
}

const MISSING_ISSUER = 'SSL certificate problem: unable to get local issuer certificate'
const certificate = (code: AdcsErrorCode, words: string): Row => ({
  code,
  number: 60,
  words: () => `SSL certificate problem: ${words}`,
})

const missingIssuer: Row = { code: 'ADCS_TLS_UNKNOWN_ISSUER', number: 60, words: () => MISSING_ISSUER }
const received = ({ receivedBytes, expectedBytes }: CurlPlace) =>
  expectedBytes === undefined ? `${receivedBytes} bytes received` : `${receivedBytes} out of ${expectedBytes} bytes received`
const timedOut = (code: AdcsErrorCode): Row => ({
  code,
  number: 28,
  words: place => `Operation timed out after ${place.elapsedMs} milliseconds with ${received(place)}`,
})
const connectTimedOut: Row = {
  code: 'ADCS_CONNECT_TIMEOUT',
  number: 28,
  words: ({ elapsedMs }) => `Connection timed out after ${elapsedMs} milliseconds`,
}
const noRoute: Row = {
  code: 'ADCS_UNREACHABLE',
  number: 7,
  words: ({ host, port, elapsedMs }) =>
    `Failed to connect to ${host} port ${port} after ${elapsedMs} ms: Couldn't connect to server`,
}
const unresolved: Row = {
  code: 'ADCS_NAME_UNKNOWN',
  number: 6,
  words: ({ host }) => `Could not resolve host: ${host}`,
  ces: { words: ({ host }) => `Could not resolve: ${host} (Domain name not found)` },
}

/**
 * By the code of Node's error, or by a word of ours for what Node has no error for. Numbers and words as curl 7.88 and Node gave
 * them side by side; `ces` is what the product's log shows [ADCS-6.2].
 */
export const CURL_FAILURES = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ECONNREFUSED: { ...noRoute, code: 'ADCS_REFUSED' },
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ETIMEDOUT: connectTimedOut,
  connectTimeout: connectTimedOut,
  tlsTimeout: timedOut('ADCS_TLS_TIMEOUT'),
  loginTimeout: timedOut('ADCS_LOGIN_TIMEOUT'),
  answerTimeout: timedOut('ADCS_ANSWER_TIMEOUT'),
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'ADCS_TLS_NAME',
    number: 60,
    words: ({ host, subject }) =>
      subject === undefined
        ? `SSL: no alternative certificate subject name matches target host name '${host}'`
        : `SSL: certificate subject name '${subject}' does not match target host name '${host}'`,
    ces: { number: 51 },
  },
  // Without intermediates Node says the first, with them the second; curl says one thing for both.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: missingIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: missingIssuer,
  UNABLE_TO_GET_ISSUER_CERT: missingIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: certificate('ADCS_TLS_UNKNOWN_ISSUER', 'self-signed certificate in certificate chain'),
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    ...certificate('ADCS_TLS_SELF_SIGNED', 'self-signed certificate'),
    ces: { words: () => MISSING_ISSUER },
  },
  // Node and curl take it where it is trusted; the product does not.
  trustedSelfSigned: { code: 'ADCS_TLS_SELF_SIGNED', number: 60, words: () => MISSING_ISSUER },
  CERT_NOT_YET_VALID: certificate('ADCS_TLS_NOT_YET_VALID', 'certificate is not yet valid'),
  CERT_HAS_EXPIRED: certificate('ADCS_TLS_EXPIRED', 'certificate has expired'),
  otherCertificate: { code: 'ADCS_TLS_CERTIFICATE', number: 60, words: ({ detail }) => `SSL certificate problem: ${detail}` },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: {
    code: 'ADCS_TLS_CLIENT_CERTIFICATE',
    number: 56,
    words: () => 'OpenSSL SSL_read: tlsv13 alert certificate required, errno 0',
  },
  tlsFailed: { code: 'ADCS_TLS_FAILED', number: 35, words: ({ detail }) => detail },
  emptyReply: { code: 'ADCS_CONNECTION_LOST', number: 52, words: () => 'Empty reply from server' },
  reset: { code: 'ADCS_CONNECTION_LOST', number: 56, words: () => 'Recv failure: Connection reset by peer' },
  partialBody: {
    code: 'ADCS_CONNECTION_LOST',
    number: 18,
    words: ({ receivedBytes, expectedBytes }) =>
      expectedBytes === undefined
        ? 'transfer closed with outstanding read data remaining'
        : `transfer closed with ${expectedBytes - receivedBytes} bytes remaining to read`,
  },
  badHttp: { code: 'ADCS_BAD_HTTP', number: 8, words: () => 'Weird server reply' },
  tooLarge: { code: 'ADCS_ANSWER_TOO_LARGE', number: 63, words: () => 'Exceeded the maximum allowed file size' },
} as const satisfies Record<string, Row>

export type CurlFailureName = keyof typeof CURL_FAILURES

/** Code and words of one failure. */
export const curlFailure = (name: CurlFailureName, place: CurlPlace): { code: AdcsErrorCode; curl: CurlFailure } => {
  const { code, number, words, ces = {} }: Row = CURL_FAILURES[name]
  const said = words(place)
  return { code, curl: { number, words: said, ces: { number: ces.number ?? number, words: ces.words?.(place) ?? said } } }
}

/** How far an exchange has come. */
export type Stage = 'connect' | 'tls' | 'login' | 'answer'

const TIMEOUTS = {
  connect: 'connectTimeout',
  tls: 'tlsTimeout',
  login: 'loginTimeout',
  answer: 'answerTimeout',
} as const satisfies Record<Stage, CurlFailureName>

export const timeoutAt = (stage: Stage): CurlFailureName => TIMEOUTS[stage]

/** Codes of OpenSSL's certificate checks that have no row: `CERT_REVOKED`, `INVALID_PURPOSE`, … */
const CERTIFICATE_CODE = /^(?:CERT_|CRL_|UNABLE_TO_|INVALID_|PATH_LENGTH_|HOSTNAME_|DEPTH_|SELF_SIGNED)/

/** The row for an error of Node's at some stage. */
export const failureOf = (error: Error & { code?: string }, at: { stage: Stage; hasHeaders: boolean }): CurlFailureName => {
  const { code = '' } = error
  if (code !== 'ETIMEDOUT' && Object.hasOwn(CURL_FAILURES, code)) return code as CurlFailureName
  if (code === 'ETIMEDOUT') return timeoutAt(at.stage)
  if (code.startsWith('HPE_')) return 'badHttp'
  if (CERTIFICATE_CODE.test(code)) return 'otherCertificate'
  // A reset can be read before the connection is told to be there.
  if (at.stage === 'connect' && code !== 'ECONNRESET') return 'EHOSTUNREACH'
  if (at.stage === 'connect' || at.stage === 'tls') return 'tlsFailed'
  if (at.hasHeaders) return 'partialBody'
  return error.message === 'socket hang up' ? 'emptyReply' : 'reset'
}
