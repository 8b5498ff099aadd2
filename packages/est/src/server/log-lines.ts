import type { LibestLevel, LibestLine } from '@capfkit/codec/trace'

/** What the templates are filled with. */
export type LineValues = Readonly<Record<string, string | number>>

type Template = {
  readonly level: LibestLevel
  readonly by: string
  /** Of libest 2.2.0, where the line was seen. */
  readonly sourceLine: number
  readonly text: string
}

/**
 * The lines of libest in the error.log of a registration authority, by what has happened [EST-6.4]. Those of one request that is
 * refused come in this order.
 */
export const LIBEST_LINES = {
  version: { level: 'INFO', by: 'est_log_version', sourceLine: 216, text: '{program}' },
  curve: { level: 'INFO', by: 'set_ssl_option', sourceLine: 1378, text: 'Using non-default ECDHE curve (nid=415)' },
  noSrp: { level: 'INFO', by: 'set_ssl_option', sourceLine: 1432, text: 'TLS SRP not enabled' },
  trusted: { level: 'INFO', by: 'ossl_init_cert_store_from_raw', sourceLine: 182, text: 'Adding cert to store ({name})' },
  noPeerCertificate: { level: 'INFO', by: 'est_enroll_auth', sourceLine: 356, text: 'TLS: no peer certificate' },
  loginFailed: { level: 'WARNING', by: 'est_enroll_auth', sourceLine: 394, text: 'HTTP authentication failed. Auth type={scheme}' },
  enrolFailed: { level: 'WARNING', by: 'est_http_request', sourceLine: 1435, text: 'Enrollment failed with rc={error}' },
  errorPage: { level: 'INFO', by: 'mg_send_http_error', sourceLine: 389, text: '[Error {status}: {reason}\n{phrase}\n]' },
  errorCode: { level: 'ERROR', by: 'est_mg_handler', sourceLine: 1234, text: 'EST error response code: {error}' },
  requestFailed: { level: 'WARNING', by: 'handle_request', sourceLine: 1267, text: 'Incoming request failed rv={error}' },
  access: { level: 'INFO', by: 'log_access', sourceLine: 1298, text: '{address} [{time}] "{request}" {status} {bytes}' },
  referer: { level: 'INFO', by: 'log_header', sourceLine: 1276, text: '{value}' },
  userAgent: { level: 'INFO', by: 'log_header', sourceLine: 1278, text: '{value}' },
} as const satisfies Record<string, Template>

export type LibestLineName = keyof typeof LIBEST_LINES

/** The lines of a request that was refused, in their order. */
export const REFUSED_LINES = ['enrolFailed', 'errorPage', 'errorCode', 'requestFailed'] as const satisfies readonly LibestLineName[]

/** Numbers of libest's `AUTH_…`: how clients log in. */
export const LOGIN_NUMBERS = { off: 0, basic: 1, digest: 2 } as const

/** A line with its values in place; line ends among them do not make lines of their own. */
export const libestLine = (name: LibestLineName, values: LineValues = {}): LibestLine => {
  const { text, ...rest } = LIBEST_LINES[name]
  const filled = text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? '').replace(/[\r\n]+/g, ' '))
  return { ...rest, text: filled }
}
