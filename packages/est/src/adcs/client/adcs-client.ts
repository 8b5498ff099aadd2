import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import { parseOptions } from '@capfkit/codec/options'
import { parseAddress } from '@capfkit/listen'
import { commonName, formatName, parseCertificate } from '@capfkit/pki'
import { type CesLine, type CesLineName, type CesValues, cesLine } from '../ces-lines.ts'
import { AdcsError } from '../errors.ts'
import { PAGES } from '../paths.ts'
import { certificatesOf, chainOf, keyOfRequest, unfitFor } from './certificates.ts'
import { type AdcsEnvironment, type CertsrvAnswer, CertsrvConnection } from './connection.ts'
import { mustBeTemplateName, pollForm, type RequestAttributes, submitForm } from './form.ts'
import { type LoggedIn, login, page } from './login.ts'
import { ADCS_CLIENT_OPTIONS, type AdcsClientOptions } from './options.ts'
import { DISPOSITIONS, type Page, readPage, readRenewals, readTemplates } from './page-anchors.ts'
import { pageText } from './page-text.ts'

export type AdcsClientInit = AdcsEnvironment & {
  /** Values of {@link ADCS_CLIENT_OPTIONS}. */
  readonly options: Partial<AdcsClientOptions>
  /** Certificates that the chain of the web server may end in, DER; and intermediates that it does not send. */
  readonly trusted: readonly Buffer[]
  /** The clock for dates: time of an NTLM login without one from the server, name of a request. Default: the machine's. */
  readonly date?: () => Date
  /** Default: node:crypto. */
  readonly randomBytes?: (size: number) => Buffer
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** What the product would write into its error.log, as it happens. */
  readonly onLine?: (line: CesLine) => void
}

export type EnrolOptions = CallOptions & {
  /** Name (cn) of the template; without it the CA takes the one that the request names, or its default. */
  readonly template?: string
  readonly attributes?: RequestAttributes
}

export type AdcsOutcome =
  | {
      readonly status: 'issued'
      readonly certificateDer: Buffer
      readonly requestId: number
      /** `ADCS_KEY_USAGE`: issued, and of no use to a phone. */
      readonly unfit?: AdcsError
    }
  | { readonly status: 'pending'; readonly requestId: number }
  | {
      readonly status: 'denied'
      readonly requestId?: number
      /** In the words and the language of the CA. */
      readonly message: string
      /** `0x80094800` and the like. */
      readonly hresult?: string
    }

/** A pending or denied outcome as an error: `ADCS_PENDING`, `ADCS_DENIED`. */
export const refusalOf = (outcome: Exclude<AdcsOutcome, { status: 'issued' }>): AdcsError =>
  outcome.status === 'pending'
    ? new AdcsError('ADCS_PENDING', `request ${outcome.requestId}`)
    : new AdcsError('ADCS_DENIED', `request ${outcome.requestId ?? 'without a number'}`, { detail: outcome.message })

/** Numbers of a page that may be that of a pending request: so many are asked for. */
const MAX_TRIED_NUMBERS = 3

/** Numbers that are none of a request, or that of somebody else's. */
const NOT_OURS: readonly string[] = ['ADCS_REQUEST_UNKNOWN', 'ADCS_PAGE_UNKNOWN', 'ADCS_WRONG_CERTIFICATE']
const unlessOfAnother = (error: unknown): undefined => {
  if (!(error instanceof AdcsError && NOT_OURS.includes(error.code))) throw error
}

type Session = {
  readonly connection: CertsrvConnection
  readonly loggedIn: LoggedIn
  tell(name: CesLineName, values?: CesValues): void
}

/**
 * AD CS web enrolment as the product's registration authority uses it: each call logs in on a connection of its own, and the
 * pages are read by ids and URLs, whatever their language. Nothing is kept between calls.
 */
export class AdcsClient {
  readonly #init: AdcsClientInit
  readonly #options: AdcsClientOptions

  /** @throws OptionError: a wrong option. */
  constructor(init: AdcsClientInit) {
    this.#init = init
    this.#options = parseOptions(ADCS_CLIENT_OPTIONS, init.options)
  }

  async #session<T>({ signal, onLine }: CallOptions, work: (session: Session) => Promise<T>): Promise<T> {
    const { date = () => new Date(), randomBytes = cryptoRandomBytes, options: _, ...environment } = this.#init
    const server = parseAddress(this.#options.server)
    const tell = (name: CesLineName, values: CesValues = {}) => onLine?.(cesLine(name, values))
    using connection = new CertsrvConnection({ ...environment, ...this.#options, server, ...(signal ? { signal } : {}) })
    const url = connection.urlOf('/certsrv')
    let loggedIn: LoggedIn
    try {
      const now = () => date().getTime()
      loggedIn = await login(connection, { ...this.#options, host: server.host, now, randomBytes })
    } catch (error) {
      const { curl } = error instanceof AdcsError ? error : {}
      if (curl) tell('loginFailed', curl.ces)
      if (curl) tell('loginUrl', { url })
      throw error
    }
    tell('received', { bytes: loggedIn.answer.body.length })
    tell('loginDone', { url })
    return await work({ connection, loggedIn, tell })
  }

  async #page(
    { connection, loggedIn, tell }: Session,
    request: { path: string; form?: string; referer?: string },
  ): Promise<CertsrvAnswer> {
    const url = connection.urlOf(request.path)
    try {
      const answer = await page(connection, loggedIn, request)
      tell('received', { bytes: answer.body.length })
      tell('pageDone', { url })
      return answer
    } catch (error) {
      const { curl } = error instanceof AdcsError ? error : {}
      if (curl) tell('pageFailed', curl.ces)
      if (curl) tell('pageUrl', { url })
      throw error
    }
  }

  /**
   * Logs in and looks the template up in the request page, as the product does before it hands a request in [ADCS-3.1].
   *
   * @throws {AdcsError} `ADCS_TEMPLATE_NAME`, `ADCS_TEMPLATE_UNKNOWN`; those of the login and the connection.
   */
  async checkTemplate(template: string | undefined, call: CallOptions = {}): Promise<void> {
    if (template !== undefined) mustBeTemplateName(template)
    await this.#session(call, async session => {
      const offered = readTemplates(pageText(await this.#page(session, { path: PAGES.request })))
      if (template === undefined || offered === undefined) return
      const wanted = template.toLowerCase()
      if (offered.some(({ names }) => names.some(name => name.toLowerCase() === wanted))) return
      const shown = offered.find(({ displayName }) => displayName.toLowerCase() === wanted)
      const names = offered.map(({ displayName }) => displayName).join(', ') || 'none'
      const detail = shown ? `this is the display name of ${shown.names.join(' or ')}` : `offered: ${names}`
      throw new AdcsError('ADCS_TEMPLATE_UNKNOWN', `template ${JSON.stringify(template)}`, { detail })
    })
  }

  /**
   * Hands a request in and fetches what comes of it: {@link checkTemplate} on one connection; login, certfnsh.asp and
   * certnew.cer on another [ADCS-3].
   *
   * @param csrDer  PKCS#10, DER.
   * @throws {AdcsError} of the table, except `ADCS_PENDING` and `ADCS_DENIED`, which are outcomes; after `ADCS_ANSWER_TIMEOUT`
   *   and `ADCS_CONNECTION_LOST` the CA may have issued the certificate all the same.
   */
  async enrol(csrDer: Buffer, options: EnrolOptions = {}): Promise<AdcsOutcome> {
    const { date = () => new Date() } = this.#init
    const publicKeyDer = keyOfRequest(csrDer)
    const form = submitForm({ ...options, csrDer, now: date() })
    await this.checkTemplate(options.template, options)
    return this.#session(options, async session => {
      const referer = session.connection.urlOf(PAGES.request)
      const answer = await this.#page(session, { path: PAGES.submit, form, referer })
      const said = readPage(pageText(answer))
      if (said.kind === 'issued') return this.#fetch(session, { requestId: said.requestId, publicKeyDer })
      if (said.kind !== 'other') return this.#refused(said, { where: answer.url })
      for (const requestId of said.numbers.slice(0, MAX_TRIED_NUMBERS)) {
        const outcome = await this.#fetch(session, { requestId, publicKeyDer }).catch(unlessOfAnother)
        if (outcome) return outcome
      }
      throw new AdcsError('ADCS_PAGE_UNKNOWN', answer.url)
    })
  }

  /**
   * What has become of a pending request [ADCS-3.4].
   *
   * @throws {AdcsError} `ADCS_REQUEST_UNKNOWN`; as {@link enrol}.
   */
  async poll(requestId: number, { csrDer, ...call }: CallOptions & { readonly csrDer?: Buffer } = {}): Promise<AdcsOutcome> {
    const expected = csrDer ? { publicKeyDer: keyOfRequest(csrDer) } : {}
    return this.#session(call, session => this.#fetch(session, { requestId, ...expected }))
  }

  /**
   * The certificates of the CA, newest renewal [ADCS-5.1], DER, in the order of the CA.
   *
   * @throws {AdcsError} `ADCS_CA_NAME`, `ADCS_NO_CERTIFICATE`; those of login and connection.
   */
  async caChain(call: CallOptions = {}): Promise<readonly Buffer[]> {
    const tell = (name: CesLineName, values: CesValues = {}) => call.onLine?.(cesLine(name, values))
    let hasLogin = false
    // The product tells of pages by other functions here, and of the bytes of none.
    const onLine = (line: CesLine) => line.name.startsWith('login') && call.onLine?.(line)
    try {
      return await this.#session({ ...call, onLine }, async session => {
        hasLogin = true
        const renewals = readRenewals(pageText(await page(session.connection, session.loggedIn, { path: PAGES.caCertificates })))
        const path = `${PAGES.chain}?ReqID=CACert&Renewal=${renewals}&Enc=bin`
        const url = session.connection.urlOf(path)
        const answer = await page(session.connection, session.loggedIn, { path }).catch((error: unknown) => {
          if (error instanceof AdcsError && error.curl) tell('caCertsFailed', error.curl.ces)
          tell('caCertsUrl', { url })
          throw error
        })
        tell('caCertsDone', { url })
        const chain = chainOf(answer)
        for (const { subject } of chain.map(parseCertificate))
          if (commonName(subject)?.includes('CAPF-')) throw new AdcsError('ADCS_CA_NAME', formatName(subject))
        tell('chainDone')
        return chain
      })
    } catch (error) {
      if (!hasLogin) tell('caCertsNoLogin')
      tell('chainMissing')
      throw error
    }
  }

  /** certnew.cer, which answers with the certificate, or with the state of the request in HTML. */
  async #fetch(session: Session, wanted: { requestId: number; publicKeyDer?: Buffer }): Promise<AdcsOutcome> {
    const { requestId, publicKeyDer } = wanted
    const answer = await this.#page(session, { path: `${PAGES.certificate}?ReqID=${requestId}&ENC=b64` })
    const [certificateDer] = certificatesOf(answer)
    if (certificateDer) {
      const certificate = parseCertificate(certificateDer)
      const where = `request ${requestId}`
      if (publicKeyDer && !certificate.publicKeyDer.equals(publicKeyDer)) throw new AdcsError('ADCS_WRONG_CERTIFICATE', where)
      const unfit = unfitFor(certificate, where)
      return { status: 'issued', certificateDer, requestId, ...(unfit ? { unfit } : {}) }
    }
    const said = readPage(pageText(answer))
    if (said.kind === 'failed' && said.disposition !== undefined) return this.#refused(said, { where: answer.url, requestId })
    // A CA whose page has no number says it in the page for people.
    const checked = await this.#page(session, { path: PAGES.submit, form: pollForm(requestId) })
    const state = readPage(pageText(checked))
    if (state.kind === 'other' && state.numbers.includes(requestId)) return { status: 'pending', requestId }
    if (state.kind === 'issued') throw new AdcsError('ADCS_NO_CERTIFICATE', answer.url)
    return this.#refused(state, { where: checked.url, requestId })
  }

  #refused(said: Page, { where, requestId }: { where: string; requestId?: number }): AdcsOutcome {
    if (said.kind === 'denied') {
      const { kind: _, ...denied } = said
      return { status: 'denied', ...(requestId === undefined ? {} : { requestId }), ...denied }
    }
    if (said.kind !== 'failed') throw new AdcsError('ADCS_PAGE_UNKNOWN', where)
    const { disposition, message, hresult } = said
    if (requestId !== undefined && disposition === DISPOSITIONS.underSubmission) return { status: 'pending', requestId }
    if (disposition === DISPOSITIONS.denied)
      return { status: 'denied', message, ...(requestId === undefined ? {} : { requestId }), ...(hresult ? { hresult } : {}) }
    throw new AdcsError(requestId === undefined ? 'ADCS_REQUEST_FAILED' : 'ADCS_REQUEST_UNKNOWN', where, { detail: message })
  }
}
