import type { OutgoingHttpHeaders } from 'node:http'
import { buildCertsOnly, derToPem } from '@capfkit/pki'
import { CERTSRV, PAGES } from '../paths.ts'
import type { CertificationAuthority } from './authority.ts'
import type { IisStatusName } from './iis-statuses.ts'
import { say } from './languages.ts'
import {
  caCertificatesPage,
  deniedPage,
  errorPage,
  issuedPage,
  movedPage,
  type PageContext,
  pendingPage,
  requestPage,
  WELCOME_PATHS,
  welcomePage,
} from './pages.ts'
import type { AdcsRequest, Requests } from './requests.ts'
import type { AdcsTemplate } from './templates.ts'

/** What is asked, with the names of paths and queries in lower case, as IIS compares them. */
export type CertsrvRequest = {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  readonly form: ReadonlyMap<string, string>
  readonly userName: string
  /** As the client named the server. */
  readonly host: string
  readonly userAgent: string
  readonly signal: AbortSignal
}

export type Reply = { readonly status: IisStatusName; readonly headers: OutgoingHttpHeaders; readonly body: Buffer }

export const htmlReply = (body: string, status: IisStatusName = 'ok', headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: Buffer.from(body),
})

export type CertsrvInit = {
  readonly context: PageContext
  readonly authority: CertificationAuthority
  readonly requests: Requests
  readonly templates: readonly AdcsTemplate[]
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly onSubmitted: (request: AdcsRequest) => void
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n')
/** Names without regard to case; of two of one name the first. */
export const fieldsOf = (text: string): Map<string, string> => {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value)
  return fields
}

/** The pages of web enrolment, for somebody who is logged in: what is asked in, what is answered out. */
export class Certsrv {
  readonly #init: CertsrvInit
  readonly #pages: ReadonlyMap<string, (request: CertsrvRequest) => Reply | Promise<Reply>>

  constructor(init: CertsrvInit) {
    this.#init = init
    const { context, templates, authority } = init
    this.#pages = new Map<string, (request: CertsrvRequest) => Reply | Promise<Reply>>([
      [`GET ${CERTSRV}`, request => this.#moved(request)],
      ...WELCOME_PATHS.map(path => [`GET ${path}`, () => htmlReply(welcomePage(context))] as const),
      [`GET ${PAGES.request}`, () => htmlReply(requestPage(context, templates))],
      [`POST ${PAGES.submit}`, request => this.#submit(request)],
      [`GET ${PAGES.certificate}`, request => this.#certificate(request)],
      [`GET ${PAGES.chain}`, request => this.#chain(request)],
      [`GET ${PAGES.caCertificates}`, () => htmlReply(caCertificatesPage(context, authority.renewals))],
    ])
  }

  async answer(request: CertsrvRequest): Promise<Reply> {
    const page = this.#pages.get(`${request.method} ${request.path}`)
    if (page) return page(request)
    const isKnown = [...this.#pages.keys()].some(key => key.endsWith(` ${request.path}`))
    return htmlReply('', isKnown ? 'badMethod' : 'notFound')
  }

  /** IIS redirects to a folder by the name that it was asked for. */
  #moved({ host }: CertsrvRequest): Reply {
    const location = `https://${host}${PAGES.welcome}`
    return htmlReply(movedPage(location), 'moved', { location, 'content-type': 'text/html; charset=UTF-8' })
  }

  #stateOf(request: AdcsRequest, { isNew }: { isNew: boolean }): Reply {
    const { context } = this.#init
    if (request.status === 'issued') return htmlReply(issuedPage(context, request.id))
    if (request.status === 'pending') return htmlReply(pendingPage(context, { id: request.id, isNew }))
    return htmlReply(deniedPage(context, request))
  }

  async #submit({ form, userName, signal }: CertsrvRequest): Promise<Reply> {
    const { requests, context, sleep, onSubmitted } = this.#init
    if (form.get('mode')?.toLowerCase() === 'chkpnd') {
      const request = requests.get(Number(form.get('reqid')))
      return request ? this.#stateOf(request, { isNew: false }) : htmlReply(errorPage(context, { result: 'propertyEmpty' }))
    }
    const submission = { certRequest: form.get('certrequest') ?? '', certAttrib: form.get('certattrib') ?? '', userName }
    await sleep(requests.templateOf(submission)?.delayMs ?? 0, signal)
    const submitted = await requests.submit(submission)
    if ('failed' in submitted) return htmlReply(errorPage(context, { result: submitted.failed }))
    onSubmitted(submitted.request)
    return this.#stateOf(submitted.request, { isNew: true })
  }

  #certificate(request: CertsrvRequest): Reply {
    const { requests, authority, context } = this.#init
    const { query } = request
    const wanted = query.get('reqid') ?? ''
    if (/^cacert$/i.test(wanted)) {
      const [der] = authority.chain(Number(query.get('renewal') ?? authority.renewals)) ?? []
      return der ? this.#download(request, der) : htmlReply(errorPage(context, { result: 'propertyEmpty' }))
    }
    const found = requests.get(Number(wanted))
    if (found?.status === 'issued') return this.#download(request, found.certificateDer)
    if (found?.status === 'pending') {
      const message = say(context.language, 'underSubmission')
      return htmlReply(errorPage(context, { disposition: 'underSubmission', message, result: 'ok' }))
    }
    if (found) return htmlReply(errorPage(context, { disposition: 'denied', message: found.message, result: found.result }))
    return htmlReply(errorPage(context, { result: 'propertyEmpty' }))
  }

  /** PEM or DER; browsers are told what it is, others that it is a page. */
  #download({ query, userAgent }: CertsrvRequest, der: Buffer): Reply {
    const isText = query.get('enc')?.toLowerCase() === 'b64'
    return {
      status: 'ok',
      headers: { 'content-type': userAgent.startsWith('Mozilla') ? 'application/pkix-cert' : 'text/html' },
      body: isText ? Buffer.from(crlf(derToPem(der))) : der,
    }
  }

  #chain({ query }: CertsrvRequest): Reply {
    const { requests, authority, context } = this.#init
    const wanted = query.get('reqid') ?? ''
    const found = requests.get(Number(wanted))
    const own = found?.status === 'issued' ? [found.certificateDer] : []
    const isCa = /^cacert$/i.test(wanted)
    const renewal = isCa ? Number(query.get('renewal') ?? authority.renewals) : authority.renewals
    const chain = isCa || own.length > 0 ? authority.chain(renewal) : undefined
    if (!chain) return htmlReply(errorPage(context, { result: 'propertyEmpty' }))
    const der = buildCertsOnly([...own, ...chain])
    const isText = query.get('enc')?.toLowerCase() === 'b64'
    return {
      status: 'ok',
      headers: { 'content-type': 'application/x-pkcs7-certificates' },
      body: isText ? Buffer.from(crlf(derToPem(der))) : der,
    }
  }
}
