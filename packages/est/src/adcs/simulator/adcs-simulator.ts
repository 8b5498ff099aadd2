import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { TlsOptions } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import { type Address, HttpListener, keylogTo, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import { parseKeySpec, pemToDer } from '@capfkit/pki'
import { channelBinding } from '../ntlm/channel-binding.ts'
import type { NtlmDomain } from '../ntlm/server.ts'
import { CERTSRV } from '../paths.ts'
import { type Authenticated, type Users, WindowsAuthentication } from './authentication.ts'
import { CertificationAuthority } from './authority.ts'
import { Certsrv, fieldsOf, htmlReply, type Reply } from './certsrv.ts'
import { type Fault, type FaultStep, type Faults, faultAt, parseFault } from './faults.ts'
import { faultyAnswer } from './faulty-answer.ts'
import { iisLogLine } from './iis-log.ts'
import { CLIENT_GONE, IIS_STATUSES, type IisStatusName, STATUS_WORDS } from './iis-statuses.ts'
import { ADCS_OPTIONS, type AdcsOptions } from './options.ts'
import { type PageContext, statusPage } from './pages.ts'
import { bodyOf } from './request-body.ts'
import { type AdcsRequest, Requests } from './requests.ts'
import { type AdcsTemplate, parseTemplate } from './templates.ts'
import { makeWebCertificate, type WebCertificate } from './web-certificate.ts'

export type AdcsSimulatorInit = {
  /** Values of {@link ADCS_OPTIONS}. */
  readonly options?: Partial<AdcsOptions>
  readonly users: Users
  /** In the place of `options.template`. */
  readonly templates?: readonly AdcsTemplate[]
  /** Default: a new one by the options. */
  readonly authority?: CertificationAuthority
  /** In the place of `options.webCertificate`. */
  readonly webCertificate?: WebCertificate
  readonly log?: Logger
  /** Each line of the IIS log, without its end. */
  readonly onIisLine?: (line: string) => void
  readonly now?: () => Date
  readonly randomBytes?: (size: number) => Buffer
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

export type AdcsReport = {
  readonly connections: number
  readonly pending: number
  readonly requests: Readonly<Record<string, number>>
}

const DEFAULT_TEMPLATE: AdcsTemplate = { name: 'CiscoRA' }
const SERVER_NAME = 'Microsoft-IIS/10.0 (capfkit simulator)'

const domainOf = ({ host, domain }: AdcsOptions): NtlmDomain => {
  const [computer = '', ...rest] = host.split('.')
  const dnsDomainName = rest.join('.') || `${domain.toLowerCase()}.example`
  return {
    nbDomainName: domain.toUpperCase(),
    nbComputerName: computer.toUpperCase().slice(0, 15),
    dnsDomainName,
    dnsComputerName: `${computer}.${dnsDomainName}`,
  }
}

/** What a client has asked so far, for the log of IIS. */
type Exchange = {
  readonly startedAt: Date
  /** Sockets forget them when they close. */
  readonly serverAddress: string
  readonly clientAddress: string
  userName: string
  status: IisStatusName
}

/**
 * A pretended AD CS with web enrolment, for tests and labs: it forgets everything when it ends, and its keys with it.
 *
 * `await using adcs = await AdcsSimulator.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class AdcsSimulator implements AsyncDisposable {
  readonly authority: CertificationAuthority
  readonly #options: AdcsOptions
  readonly #init: AdcsSimulatorInit
  readonly #now: () => Date
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly #context: PageContext
  readonly #requests: Requests
  readonly #certsrv: Certsrv
  readonly #authentication: WindowsAuthentication
  readonly #listener: HttpListener
  readonly #ended = new AbortController()
  readonly #counts: Record<string, number> = {}
  readonly #faults: Faults = {}
  #webCertificate: WebCertificate
  #channelBinding: Buffer
  #address: Address = { host: '', port: 0 }
  #closed: Promise<void> | undefined

  private constructor(
    init: AdcsSimulatorInit,
    parts: { options: AdcsOptions; authority: CertificationAuthority; webCertificate: WebCertificate },
  ) {
    const { options, authority, webCertificate } = parts
    const { users, randomBytes = cryptoRandomBytes, sleep, log } = init
    this.#init = init
    this.#options = options
    this.authority = authority
    this.#webCertificate = webCertificate
    this.#channelBinding = channelBinding(pemToDer(webCertificate.certificatePem)[0]!)
    this.#now = init.now ?? (() => new Date())
    this.#sleep = sleep ?? (async (ms, signal) => (ms > 0 ? void (await delay(ms, undefined, { signal })) : undefined))
    const given = init.templates ?? options.template.map(parseTemplate)
    const templates = given.length > 0 ? given : [DEFAULT_TEMPLATE]
    for (const text of options.fault) Object.assign(this.#faults, parseFault(text))
    const { language, caName, basic, extendedProtection, maxBodyBytes: _, ...rest } = options
    this.#context = { language, caName: authority.name }
    this.#requests = new Requests({ ...rest, authority, templates, language, now: this.#now })
    this.#certsrv = new Certsrv({
      context: this.#context,
      authority,
      requests: this.#requests,
      templates,
      sleep: this.#sleep,
      onSubmitted: request => this.#submitted(request),
    })
    this.#authentication = new WindowsAuthentication({
      users,
      domain: domainOf(options),
      basic,
      extendedProtection,
      channelBinding: () => this.#channelBinding,
      now: this.#now,
      randomBytes,
    })
    const onError = (err: unknown) => log?.warn({ err, file: options.keylog }, 'the key log cannot be written')
    this.#listener = new HttpListener({
      ...parseAddress(options.listen),
      limits: options,
      tls: this.#tls(),
      answer: (request, response) => void this.#serve(request, response),
      onRejected: rejected => log?.warn(rejected, 'connection refused'),
      ...(options.keylog === undefined ? {} : { onKeylog: keylogTo({ file: options.keylog, onError }) }),
    })
  }

  /** @throws {AdcsError} `ADCS_TEMPLATE_SYNTAX`, `ADCS_FAULT_SYNTAX`; {PkiError} `PKI_KEY_SPEC`; {ListenError}; OptionError. */
  static async start(init: AdcsSimulatorInit): Promise<AdcsSimulator> {
    const options = parseOptions(ADCS_OPTIONS, init.options)
    const now = init.now ?? (() => new Date())
    const { caName: name, subordinate, issuedDays, host } = options
    const make = async () => {
      const made = await CertificationAuthority.create({ name, keySpec: parseKeySpec(options.caKey), subordinate, issuedDays, now })
      for (let renewal = 0; renewal < options.renewals; renewal++) await made.renew()
      return made
    }
    const authority = init.authority ?? (await make())
    const webCertificate = init.webCertificate ?? (await makeWebCertificate(options.webCertificate, { authority, host, now }))
    const simulator = new AdcsSimulator(init, { options, authority, webCertificate })
    simulator.#address = await simulator.#listener.listen()
    return simulator
  }

  #tls(): TlsOptions {
    return { ...tlsProfile(this.#webCertificate, { ...this.#options, legacyTls: false }), ALPNProtocols: ['http/1.1'] }
  }

  /** With the port that was picked for port 0. */
  get address(): Address {
    return this.#address
  }

  /** What the web server shows, PEM: its certificate and what is above it. */
  get webCertificatePem(): string {
    return this.#webCertificate.certificatePem
  }

  get report(): AdcsReport {
    return { connections: this.#listener.connections, pending: this.pending.length, requests: { ...this.#counts } }
  }

  /** Requests that wait for an officer. */
  get pending(): readonly AdcsRequest[] {
    return this.#requests.pending
  }

  /** An officer signs; false where nothing waits under this number. */
  approve(requestId: number): Promise<boolean> {
    return this.#requests.approve(requestId)
  }

  /** An officer denies; false where nothing waits under this number. */
  deny(requestId: number, officer = `${this.#options.domain}\\officer`): boolean {
    return this.#requests.deny(requestId, officer)
  }

  /** What goes wrong from now on; without a fault, nothing does. */
  setFault(step: FaultStep, fault?: Fault): void {
    if (fault) this.#faults[step] = fault
    else delete this.#faults[step]
  }

  /** Show another certificate to connections from now on. */
  reload(webCertificate: WebCertificate): void {
    this.#webCertificate = webCertificate
    this.#channelBinding = channelBinding(pemToDer(webCertificate.certificatePem)[0]!)
    this.#listener.reload(this.#tls())
  }

  #submitted(request: AdcsRequest): void {
    this.#counts[request.status] = (this.#counts[request.status] ?? 0) + 1
    const { id, userName, template, subject, status } = request
    this.#init.log?.info({ requestId: id, userName, template, subject, status }, 'certificate request')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { localAddress: serverAddress = 'unknown', remoteAddress: clientAddress = 'unknown' } = request.socket
    const exchange: Exchange = { startedAt: this.#now(), serverAddress, clientAddress, userName: '', status: 'ok' }
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort()
      this.#tell(exchange, request, response)
    })
    const signal = AbortSignal.any([gone.signal, this.#ended.signal])
    try {
      const reply = await this.#reply({ request, response, exchange, signal })
      if (reply) this.#send(response, { exchange, reply })
    } catch (err) {
      if (signal.aborted) return void response.destroy()
      this.#init.log?.error({ err }, 'the page could not be made')
      this.#send(response, { exchange, reply: htmlReply('', 'failed') })
    }
  }

  /** What to answer; nothing where a fault has dealt with it. */
  async #reply(asked: {
    request: IncomingMessage
    response: ServerResponse
    exchange: Exchange
    signal: AbortSignal
  }): Promise<Reply | undefined> {
    const { request, response, exchange, signal } = asked
    const [url, query = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
    const path = url!.toLowerCase()
    const fault = faultAt(this.#faults, path)
    const answer = (reply: () => Promise<Reply>): Promise<Reply | undefined> => {
      if (!fault) return reply()
      const reset = () => this.#listener.reset(request.socket)
      return faultyAnswer({ response, context: this.#context, reply, reset, sleep: this.#sleep, signal }, fault)
    }
    const body = await bodyOf(request, { response, maxBytes: this.#options.maxBodyBytes })
    if (body === 'gone') return undefined
    if (body === 'too-large') return htmlReply('', 'tooLarge', { connection: 'close' })
    if (path !== CERTSRV && !path.startsWith(`${CERTSRV}/`)) return htmlReply('', 'notFound')
    const who = (): Reply | undefined => {
      const authenticated = this.#authentication.authenticate(request)
      if (!authenticated.ok) return this.#unauthorized(authenticated)
      exchange.userName = authenticated.userName
      return undefined
    }
    const page = () =>
      this.#certsrv.answer({
        method: request.method ?? '',
        path,
        query: fieldsOf(query),
        form: fieldsOf(body.toString('latin1')),
        userName: exchange.userName,
        host: request.headers.host ?? this.#options.host,
        userAgent: request.headers['user-agent'] ?? '',
        signal,
      })
    // A fault of the login comes before it, one of a page behind it.
    if (path === CERTSRV) return answer(async () => who() ?? page())
    return who() ?? answer(page)
  }

  #unauthorized({ status, challenges }: Extract<Authenticated, { ok: false }>): Reply {
    return htmlReply('', status, { 'www-authenticate': [...challenges] })
  }

  #send(response: ServerResponse, { exchange, reply }: { exchange: Exchange; reply: Reply }): void {
    if (response.destroyed) return
    const { status } = IIS_STATUSES[reply.status]
    exchange.status = reply.status
    const body = reply.body.length > 0 ? reply.body : Buffer.from(statusPage(status, STATUS_WORDS[status] ?? ''))
    response.writeHead(status, { server: SERVER_NAME, ...reply.headers, 'content-length': body.length })
    response.end(body)
  }

  #tell(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const { startedAt, status, ...known } = exchange
    const { method = '', url = '', headers } = request
    const [path = '', query = ''] = url.split(/\?(.*)/s, 2)
    const line = iisLogLine({
      ...known,
      at: this.#now(),
      method,
      path,
      query,
      port: this.#address.port,
      userAgent: headers['user-agent'] ?? '',
      referer: headers.referer ?? '',
      ...IIS_STATUSES[status],
      ...(response.writableFinished ? {} : { win32: CLIENT_GONE }),
      timeTakenMs: this.#now().getTime() - startedAt.getTime(),
    })
    this.#init.onIisLine?.(line)
  }

  /** Take no more connections, let answers end, cut them after `drainTimeoutMs`. */
  close(): Promise<void> {
    this.#closed ??= this.#listener.close(this.#options.drainTimeoutMs)
    return this.#closed
  }

  /** End every connection now. */
  cut(): void {
    this.#ended.abort()
    this.#listener.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close()
    this.cut()
    await closed
  }
}
