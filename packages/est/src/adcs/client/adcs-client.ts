import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import { parseOptions } from '@capfkit/codec/options'
import { parseAddress } from '@capfkit/listen'
import { commonName, formatName, parseCertificate } from '@capfkit/pki'
import { cesLine } from '../ces-lines.ts'
import { AdcsError } from '../errors.ts'
import { PAGES } from '../paths.ts'
import { chainOf, keyOfRequest } from './certificates.ts'
import type { AdcsEnvironment } from './connection.ts'
import { askForRequest, fetchCertificate, findPending } from './fetch-certificate.ts'
import { mustBeTemplateName, type RequestAttributes, submitForm } from './form.ts'
import { mustBeOffered } from './offered-template.ts'
import { ADCS_CLIENT_OPTIONS, type AdcsClientOptions } from './options.ts'
import { type AdcsOutcome, refusedBy } from './outcome.ts'
import { readPage, readRenewals } from './page-anchors.ts'
import { pageText } from './page-text.ts'
import { type CallOptions, CertsrvSession } from './session.ts'

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

export type EnrolOptions = CallOptions & {
  /** Name (cn) of the template; without it the CA takes the one that the request names, or its default. */
  readonly template?: string
  readonly attributes?: RequestAttributes
}

/** The request is in, and what came of it is not: it can be asked for again. */
const LOST: readonly string[] = ['ADCS_SESSION_LOST', 'ADCS_CONNECTION_LOST', 'ADCS_LOGIN_LOST']
const isLost = (error: unknown) => error instanceof AdcsError && LOST.includes(error.code)

/**
 * AD CS web enrolment as the product's registration authority uses it: each call logs in on connections of its own, and the
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

  async #session<T>(call: CallOptions & { isStart?: boolean }, work: (session: CertsrvSession) => Promise<T>): Promise<T> {
    const { date = () => new Date(), randomBytes = cryptoRandomBytes, options: _, ...environment } = this.#init
    const { signal } = call
    const init = {
      ...environment,
      ...this.#options,
      server: parseAddress(this.#options.server),
      wallClock: () => date().getTime(),
      randomBytes,
      ...(signal ? { signal } : {}),
    }
    using session = await CertsrvSession.open(init, call)
    return await work(session)
  }

  /**
   * Logs in and looks the template up in the request page, as the product does before it hands a request in [ADCS-3.1].
   *
   * @throws {AdcsError} `ADCS_TEMPLATE_NAME`, `ADCS_TEMPLATE_UNKNOWN`; those of the login and the connection.
   */
  async checkTemplate(template: string | undefined, call: CallOptions = {}): Promise<void> {
    if (template !== undefined) mustBeTemplateName(template)
    await this.#session(call, async session => {
      const answer = await session.page({ path: PAGES.request })
      if (template !== undefined) mustBeOffered(pageText(answer), template)
    })
  }

  /**
   * Hands a request in and fetches what comes of it: {@link checkTemplate} on one connection; login, certfnsh.asp and
   * certnew.cer on another [ADCS-3.1].
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
    let handedIn: number | undefined
    try {
      return await this.#session(options, async session => {
        const answer = await session.page({ path: PAGES.submit, form, referer: session.urlOf(PAGES.request) })
        const said = readPage(pageText(answer))
        if (said.kind === 'other') return findPending(session, { ...said, publicKeyDer, where: answer.url })
        if (said.kind !== 'issued') return refusedBy(said, { where: answer.url })
        handedIn = said.requestId
        return fetchCertificate(session, { requestId: handedIn, publicKeyDer })
      })
    } catch (error) {
      if (handedIn === undefined || !isLost(error)) throw error
      const requestId = handedIn
      // A certificate that is issued must not be lost with a connection.
      return this.#session(options, session => fetchCertificate(session, { requestId, publicKeyDer }))
    }
  }

  /**
   * What has become of a pending request [ADCS-3.4].
   *
   * @param options  `csrDer`: the request itself, so that a certificate for another one is noticed.
   * @throws {AdcsError} `ADCS_REQUEST_UNKNOWN`; as {@link enrol}.
   */
  async poll(requestId: number, { csrDer, ...call }: CallOptions & { readonly csrDer?: Buffer } = {}): Promise<AdcsOutcome> {
    const expected = csrDer ? { publicKeyDer: keyOfRequest(csrDer) } : {}
    return this.#session(call, session => askForRequest(session, { requestId, ...expected }))
  }

  /**
   * The certificates of the CA, newest renewal [ADCS-5.1], DER, in the order of the CA.
   *
   * @throws {AdcsError} `ADCS_CA_NAME`, `ADCS_NO_CERTIFICATE`; those of login and connection.
   */
  async caChain(call: CallOptions = {}): Promise<readonly Buffer[]> {
    let hasLogin = false
    try {
      return await this.#session({ ...call, isStart: true }, async session => {
        hasLogin = true
        const renewals = readRenewals(pageText(await session.page({ path: PAGES.caCertificates, toldAs: 'nothing' })))
        const path = `${PAGES.chain}?ReqID=CACert&Renewal=${renewals}&Enc=bin`
        const chain = chainOf(await session.page({ path, toldAs: 'caCertificates' }))
        for (const { subject } of chain.map(parseCertificate))
          if (commonName(subject)?.includes('CAPF-')) throw new AdcsError('ADCS_CA_NAME', formatName(subject))
        session.tell('chainDone')
        return chain
      })
    } catch (error) {
      if (!hasLogin) call.onLine?.(cesLine('caCertsNoLogin'))
      call.onLine?.(cesLine('chainMissing'))
      throw error
    }
  }
}
