/** What a template is filled with. */
export type CesValues = { readonly url?: string; readonly number?: number; readonly words?: string; readonly bytes?: number }

export type CesLevel = 'info' | 'warn' | 'error'

type Template = {
  readonly level: CesLevel
  /** The function of the product that prints the line. */
  readonly by: string
  readonly text: string
  /** No line of this kind has been seen; it follows the pattern of those that have. */
  readonly inferred?: true
}

const DONE = 'Secure connection to MS CertServ completed successfully using the following URL {url}'
const FAILED = 'Curl request failed with return code {number} ({words})'
const USED = 'URL used: {url}'

/**
 * The lines about the CA in the error.log of the product's registration authority (CES), by what has happened [ADCS-6.1]: an RA
 * writes them as `<time> [level] <pid>#<tid>: <by>: <text>`, before its log is open as `nginx: [level] <by>: <text>`.
 */
export const CES_LINES = {
  loginDone: { level: 'info', by: 'login_to_certsrv_ca', text: DONE },
  loginFailed: {
    level: 'warn',
    by: 'login_to_certsrv_ca',
    text: 'Curl call for MS CA login failed with return code {number} ({words})',
  },
  loginUrl: { level: 'warn', by: 'login_to_certsrv_ca', text: USED },
  received: { level: 'info', by: 'ra_certsrv_auth_curl_data_cb', text: 'Rcvd data len: {bytes}' },
  pageDone: { level: 'info', by: 'navigate_to_certsrv_page', text: DONE },
  pageFailed: { level: 'warn', by: 'navigate_to_certsrv_page', text: FAILED, inferred: true },
  pageUrl: { level: 'warn', by: 'navigate_to_certsrv_page', text: USED, inferred: true },
  caCertsDone: { level: 'info', by: 'retrieve_cacerts', text: DONE },
  caCertsNoLogin: { level: 'error', by: 'retrieve_cacerts', text: 'Unable to execute login to certsrv with curl' },
  caCertsFailed: { level: 'warn', by: 'retrieve_cacerts', text: FAILED },
  caCertsUrl: { level: 'warn', by: 'retrieve_cacerts', text: USED },
  chainDone: {
    level: 'info',
    by: 'ra_certsrv_ca_plugin_postconf',
    text: 'CA Cert chain retrieved from CA, will be passed to EST',
  },
  chainMissing: { level: 'warn', by: 'ra_certsrv_ca_plugin_postconf', text: 'Unable to retrieve CA Cert chain from CA' },
} as const satisfies Record<string, Template>

export type CesLineName = keyof typeof CES_LINES

/** One line, without the prefix that the log gives it: `text` is `<by>: <words>`. */
export type CesLine = { readonly name: CesLineName; readonly level: CesLevel; readonly text: string }

export const cesLine = (name: CesLineName, values: CesValues = {}): CesLine => {
  const { level, by, text } = CES_LINES[name]
  const filled = text.replace(/\{(\w+)\}/g, (_, key: keyof CesValues) => String(values[key] ?? ''))
  return { name, level, text: `${by}: ${filled}` }
}
