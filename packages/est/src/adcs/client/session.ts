import { type CesLine, type CesLineName, type CesValues, cesLine } from '../ces-lines.ts'
import { AdcsError } from '../errors.ts'
import { CERTSRV } from '../paths.ts'
import { type CertsrvAnswer, CertsrvConnection, type ConnectionInit } from './connection.ts'
import { type Credentials, type LoggedIn, login, page } from './login.ts'

export type CallOptions = {
  readonly signal?: AbortSignal
  /** What the product would write into its error.log, as it happens. */
  readonly onLine?: (line: CesLine) => void
}

/** By which lines a page is told of; at its start the product tells of some pages only, and of no bytes [ADCS-6.1]. */
const TOLD_AS = {
  page: { received: 'received', done: 'pageDone', failed: 'pageFailed', url: 'pageUrl' },
  caCertificates: { done: 'caCertsDone', failed: 'caCertsFailed', url: 'caCertsUrl' },
  nothing: {},
} as const satisfies Record<string, { [K in 'received' | 'done' | 'failed' | 'url']?: CesLineName }>

type ToldAs = (typeof TOLD_AS)[keyof typeof TOLD_AS]

export type PageRequest = {
  readonly path: string
  readonly form?: string
  readonly referer?: string
  readonly toldAs?: keyof typeof TOLD_AS
}

/** One login on one connection, and the pages that are asked for over it. */
export class CertsrvSession implements Disposable {
  readonly #connection: CertsrvConnection
  readonly #onLine: CallOptions['onLine']
  #loggedIn: LoggedIn = { headers: {} }

  private constructor(connection: CertsrvConnection, onLine: CallOptions['onLine']) {
    this.#connection = connection
    this.#onLine = onLine
  }

  /** @throws {AdcsError} of the connection and the login. */
  static async open(
    init: ConnectionInit & Omit<Credentials, 'host'>,
    { onLine, isStart = false }: Pick<CallOptions, 'onLine'> & { isStart?: boolean },
  ): Promise<CertsrvSession> {
    const session = new CertsrvSession(new CertsrvConnection(init), onLine)
    try {
      const { loggedIn, answer } = await login(session.#connection, { ...init, host: init.server.host })
      session.#loggedIn = loggedIn
      if (!isStart) session.tell('received', { bytes: answer.body.length })
      session.tell('loginDone', { url: session.urlOf(CERTSRV) })
      return session
    } catch (error) {
      session.#tellOf(error, { failed: 'loginFailed', url: 'loginUrl' }, CERTSRV)
      session[Symbol.dispose]()
      throw error
    }
  }

  urlOf(path: string): string {
    return this.#connection.urlOf(path)
  }

  tell(name: CesLineName, values: CesValues = {}): void {
    this.#onLine?.(cesLine(name, values))
  }

  /** curl knows of failures of the connection; an answer of any status is none to it. */
  #tellOf(error: unknown, lines: ToldAs | { failed: CesLineName; url: CesLineName }, path: string): void {
    if (!(error instanceof AdcsError) || !error.curl || !('failed' in lines)) return
    this.tell(lines.failed, error.curl.ces)
    this.tell(lines.url, { url: this.urlOf(path) })
  }

  /** @throws {AdcsError} of the connection; `ADCS_LOGIN_LOST`, `ADCS_FORBIDDEN`, `ADCS_NO_CERTSRV`, `ADCS_REDIRECTED`, `ADCS_HTTP_STATUS`. */
  async page({ path, toldAs = 'page', ...request }: PageRequest): Promise<CertsrvAnswer> {
    const lines = TOLD_AS[toldAs]
    try {
      const answer = await page(this.#connection, this.#loggedIn, { path, ...request })
      if ('received' in lines) this.tell(lines.received, { bytes: answer.body.length })
      if ('done' in lines) this.tell(lines.done, { url: this.urlOf(path) })
      return answer
    } catch (error) {
      this.#tellOf(error, lines, path)
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }
}
