import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TlsOptions } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import { type Address, HttpListener, keylogTo, type Logger, parseAddress, tlsProfile } from '@capfkit/listen'
import { parseKeySpec, pemToDer } from '@capfkit/pki'
import { channelBinding } from '../ntlm/channel-binding.ts'
import type { NtlmDomain } from '../ntlm/server.ts'
import { type Users, WindowsAuthentication } from './authentication.ts'
import { CertificationAuthority } from './authority.ts'
import { Certsrv } from './certsrv.ts'
import { Exchanges } from './exchanges.ts'
import { type Fault, type FaultStep, type Faults, parseFault } from './faults.ts'
import { ADCS_OPTIONS, type AdcsOptions } from './options.ts'
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
  /** Each request that is there to its end, by its path, before anything is done about it. */
  readonly onRequest?: (path: string) => void
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

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (ms > 0) await delay(ms, undefined, { signal })
}

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
  readonly #requests: Requests
  readonly #listener: HttpListener
  readonly #exchanges: Exchanges
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
    const { users, randomBytes = cryptoRandomBytes, sleep = wait, log } = init
    this.#init = init
    this.#options = options
    this.authority = authority
    this.#webCertificate = webCertificate
    this.#channelBinding = channelBinding(pemToDer(webCertificate.certificatePem)[0]!)
    this.#now = init.now ?? (() => new Date())
    const given = init.templates ?? options.template.map(parseTemplate)
    const templates = given.length > 0 ? given : [DEFAULT_TEMPLATE]
    for (const text of options.fault) Object.assign(this.#faults, parseFault(text))
    const { language, host, basic, extendedProtection, maxBodyBytes } = options
    const context = { language, caName: authority.name }
    const now = this.#now
    this.#requests = new Requests({ ...options, authority, templates, now })
    const onSubmitted = (request: AdcsRequest) => this.#submitted(request)
    this.#exchanges = new Exchanges({
      certsrv: new Certsrv({ context, authority, requests: this.#requests, templates, sleep, onSubmitted }),
      authentication: new WindowsAuthentication({
        users,
        domain: domainOf(options),
        basic,
        extendedProtection,
        channelBinding: () => this.#channelBinding,
        now,
        randomBytes,
      }),
      context,
      faults: this.#faults,
      host,
      maxBodyBytes,
      onRequest: init.onRequest,
      onIisLine: init.onIisLine,
      log,
      now,
      sleep,
      reset: socket => this.#listener.reset(socket),
    })
    const onError = (err: unknown) => log?.warn({ err, file: options.keylog }, 'the key log cannot be written')
    this.#listener = new HttpListener({
      ...parseAddress(options.listen),
      limits: options,
      tls: this.#tls(),
      answer: (request, response) => void this.#exchanges.answer(request, response),
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

  /** Take no more connections, let answers end, cut them after `drainTimeoutMs`. */
  close(): Promise<void> {
    this.#closed ??= this.#listener.close(this.#options.drainTimeoutMs)
    return this.#closed
  }

  /** End every connection now. */
  cut(): void {
    this.#exchanges.cut()
    this.#listener.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close()
    this.cut()
    await closed
  }
}
