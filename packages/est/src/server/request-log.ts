import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { NginxLevel } from '@capfkit/codec/trace'
import type { Logger } from '@capfkit/listen'
import { formatLibestError } from '../libest-errors.ts'
import type { OperationName } from '../wire/operations.ts'
import { libestOf } from './answer.ts'
import { accessTime, type ErrorLog, type LineOrigin } from './error-log.ts'
import { LOGIN_NUMBERS, REFUSED_LINES } from './log-lines.ts'
import type { EstServerOptions } from './options.ts'
import { type RefusalName, type Refused, refusal } from './refusals.ts'

/** What there is to say of a request when it is over: one line in the log, one series in the metrics. */
export type RequestSummary = {
  readonly remoteAddress: string
  /** `none` for a path that is none of EST. */
  readonly operation: OperationName | 'none'
  readonly label?: string
  readonly user?: string
  readonly subject?: string
  readonly status: number
  readonly bytes: number
  readonly durationMs: number
  readonly why?: RefusalName
  readonly detail?: string
}

/** Refusals that stand in the log as a failed log-in: the product tells neither from the other [EST-5.4]. */
const LOGIN_FAILURES: readonly RefusalName[] = ['login', 'unauthorised']

/** The lines of one request in the error.log [EST-6.4]. */
export class RequestLog {
  readonly #log: ErrorLog
  readonly #request: IncomingMessage
  readonly #origin: LineOrigin
  readonly #httpAuth: EstServerOptions['httpAuth']

  constructor(init: { log: ErrorLog; request: IncomingMessage; connection: number; options: EstServerOptions }) {
    this.#log = init.log
    this.#request = init.request
    this.#httpAuth = init.options.httpAuth
    const { remoteAddress: client = 'unknown', localAddress, localPort } = init.request.socket
    const context = { action: 'SSL EST handshaking', client, server: `${localAddress}:${localPort}` }
    this.#origin = { connection: init.connection, context }
  }

  /** What a CA is being asked. */
  readonly note = (level: NginxLevel, text: string): void => {
    this.#log.nginx(level, { text, origin: this.#origin })
  }

  noPeerCertificate(): void {
    this.#log.libest('noPeerCertificate')
  }

  refused(error: Refused, status: number): void {
    const isChallenge = error.why === 'login' && error.detail === undefined
    // Asking for a password, or to come back, is no failure.
    if (isChallenge || status === 202) return
    if (LOGIN_FAILURES.includes(error.why)) this.#log.libest('loginFailed', { scheme: LOGIN_NUMBERS[this.#httpAuth] })
    const { phrase } = refusal(error.why)
    const values = { error: formatLibestError(libestOf(error)), status, reason: STATUS_CODES[status] ?? '', phrase }
    for (const name of REFUSED_LINES) this.#log.libest(name, values)
  }

  ended({ status, bytes, at }: { status: number; bytes: number; at: Date }): void {
    const { method, url, httpVersion, headers, socket } = this.#request
    const request = `${method} ${url} HTTP/${httpVersion}`
    this.#log.libest('access', { address: socket.remoteAddress ?? 'unknown', time: accessTime(at), request, status, bytes })
    this.#log.libest('referer', { value: headers.referer === undefined ? '-' : `"${headers.referer}"` })
    this.#log.libest('userAgent', { value: headers['user-agent'] === undefined ? '-' : `"${headers['user-agent']}"` })
  }
}

/** One line a request; what failed is a warning. Asking for a password is no failure. */
export const logRequest = (log: Logger, summary: RequestSummary): void => {
  const isFailure = summary.status >= 400 && !(summary.why === 'login' && summary.detail === undefined)
  log[isFailure ? 'warn' : 'info'](summary, isFailure ? 'request refused' : 'request answered')
}
