import { addAbortListener } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import { adcsAuthority, ErrorLog, EstClient, EstServer, trustAnchors } from '@capfkit/est'
import {
  AdcsClient,
  AdcsSimulator,
  CertificationAuthority,
  makeWebCertificate,
  parseTemplate,
  type WebCertificateKind,
} from '@capfkit/est/adcs'
import { formatAddress } from '@capfkit/listen'
import { parseKeySpec, pemToDer } from '@capfkit/pki'
import type { OnlineCa } from '@capfkit/server'
import type { LabClock } from '../../lab-clock.ts'
import type { LyingResolver } from '../../lying-resolver.ts'
import { enrolOverEst } from '../../online-ca.ts'
import type { StageCertificates } from './certificates.ts'
import { Service } from './service.ts'
import type { TextLog } from './text-log.ts'

/** The Online CA parameters of a stage, right until a scenario makes one of them wrong; read at each start of a service. */
export type OnlineSettings = {
  /** The web server as its certificate names it, and as the registration authority is told to ask for it. */
  caHost: string
  onlineCaHostname: string
  webCertificate: WebCertificateKind
  /** What the CA publishes, in the words of `parseTemplate`, and what the registration authority asks for. */
  template: string
  onlineCaTemplate: string
  onlineCaPassword: string
  /** Roots that were uploaded as CAPF-trust, DER, of those that the CA has. */
  trusted: (authority: CertificationAuthority, webCertificateDer: Buffer) => readonly Buffer[]
  /** How long the registration authority waits for one step of the CA, and CAPF for the registration authority. */
  raTimeoutMs: number
  capfTimeoutMs: number
}

const CA_HOST = 'lab-dc.lab.example'
const TEMPLATE = 'CiscoRA'
const RA_USER = 'capf'
const CA_USER = 'ciscora'
const CA_PASSWORD = 'TEST-right'
const RA_PASSWORD = 'TEST-local'
/** As the product: a failed login is noticed by its own time-out, before that of CAPF. */
const TIMEOUTS = { raTimeoutMs: 10_000, capfTimeoutMs: 20_000 } as const

export const rightSettings = (): OnlineSettings => ({
  caHost: CA_HOST,
  onlineCaHostname: CA_HOST,
  webCertificate: 'good',
  template: TEMPLATE,
  onlineCaTemplate: TEMPLATE,
  onlineCaPassword: CA_PASSWORD,
  trusted: ({ roots }) => roots,
  ...TIMEOUTS,
})

export type OnlineWorld = {
  readonly clock: LabClock
  readonly names: LyingResolver
  readonly certificates: StageCertificates
  readonly logs: Readonly<Record<'nginx' | 'errorLog' | 'iis', TextLog>>
}

/** Rejects when whoever waits has gone. */
const until = async (work: Promise<void>, signal: AbortSignal): Promise<void> => {
  const gone = Promise.withResolvers<never>()
  using _ = addAbortListener(signal, () => gone.reject(signal.reason))
  await Promise.race([work, gone.promise])
}

/** An issuing CA below a root of its own. */
const newAuthority = (name: string, { clock }: OnlineWorld): Promise<CertificationAuthority> =>
  CertificationAuthority.create({
    name,
    keySpec: parseKeySpec('rsa:2048'),
    subordinate: true,
    issuedDays: 730,
    now: clock.now,
  })

/** From the registration authority to the CA: the Cisco Certificate Enrollment Service of a stage, and a pretended AD CS. */
export class OnlinePart implements AsyncDisposable {
  readonly settings: OnlineSettings
  readonly adcs: Service<AdcsSimulator>
  readonly ra: Service<EstServer>
  readonly #world: OnlineWorld
  #authority: CertificationAuthority
  #est: EstClient | undefined
  /** What a fault `slow` waits for, in the place of its time. */
  waitFor: Promise<void> | undefined

  private constructor(init: { settings: OnlineSettings; world: OnlineWorld; authority: CertificationAuthority }) {
    this.settings = init.settings
    this.#world = init.world
    this.#authority = init.authority
    this.adcs = new Service(listen => this.#startAdcs(listen))
    this.ra = new Service(listen => this.#startRa(listen))
  }

  /** Start the CA and, in front of it, the registration authority. */
  static async open(world: OnlineWorld, { caName, settings }: { caName: string; settings: OnlineSettings }): Promise<OnlinePart> {
    const authority = await newAuthority(caName, world)
    const part = new OnlinePart({ settings, world, authority })
    await part.adcs.start()
    await part.ra.start()
    return part
  }

  get authority(): CertificationAuthority {
    return this.#authority
  }

  /** Another CA behind the same web server. */
  async replaceCa(caName: string): Promise<void> {
    this.#authority = await newAuthority(caName, this.#world)
    await this.adcs.restart()
  }

  /** What CAPF needs of it; asked for at each start of CAPF. */
  onlineCa(): OnlineCa {
    const { certificates } = this.#world
    const { onlineCaHostname: host, onlineCaTemplate: template, capfTimeoutMs } = this.settings
    this.#est?.[Symbol.dispose]()
    this.#est = new EstClient({
      server: { host: '127.0.0.1', port: this.ra.port },
      trust: trustAnchors([certificates.ra.certificateDer]),
      credentials: { user: RA_USER, password: RA_PASSWORD },
      options: { userAgent: 'Cisco EST client 1.0', idleTimeoutMs: 0, responseTimeoutMs: capfTimeoutMs * 2 },
      now: this.#world.clock.now,
    })
    const caCertificates = this.#authority.chain() ?? []
    return { enrol: enrolOverEst(this.#est), caCertificates, host, port: this.adcs.port, template }
  }

  async #startAdcs(listen: string): Promise<AdcsSimulator> {
    const { clock, logs } = this.#world
    const { caHost: host, webCertificate: kind, template } = this.settings
    const authority = this.#authority
    return AdcsSimulator.start({
      options: { listen, host, domain: 'LAB', logLevel: 'silent' },
      templates: [parseTemplate(template)],
      users: { [CA_USER]: CA_PASSWORD },
      authority,
      webCertificate: await makeWebCertificate(kind, { authority, host, now: clock.now }),
      onIisLine: line => logs.iis.line(line),
      sleep: (ms, signal) => (ms === 0 ? Promise.resolve() : until(this.waitFor ?? delay(ms), signal)),
      now: clock.now,
    })
  }

  async #startRa(listen: string): Promise<EstServer> {
    const { clock, logs, certificates } = this.#world
    const { onlineCaTemplate: template } = this.settings
    const trusted = this.settings.trusted(this.#authority, pemToDer(this.adcs.party.webCertificatePem)[0]!)
    return EstServer.start({
      authority: adcsAuthority({ client: this.#client(trusted), template, trusted, now: clock.now }),
      certificate: certificates.ra,
      users: new Map([[RA_USER, RA_PASSWORD]]),
      // Asked for by nobody: the product says at its start what it trusts.
      clientCas: trusted,
      options: { listen, profile: 'libest', proofOfPossession: 'off', clientCertificates: 'off', logLevel: 'silent' },
      errorLog: new ErrorLog({ sink: logs.errorLog, serviceSink: logs.nginx, now: clock.now }),
      now: clock.now,
    })
  }

  #client(trusted: readonly Buffer[]): AdcsClient {
    const { clock, names } = this.#world
    const { onlineCaHostname: host, onlineCaPassword: password, raTimeoutMs: timeoutMs } = this.settings
    return new AdcsClient({
      options: { server: formatAddress({ host, port: this.adcs.port }), user: `LAB\\${CA_USER}`, password, timeoutMs },
      trusted,
      date: clock.now,
      now: clock.nowMs,
      startTimer: clock.startTimer,
      connect: options => tlsConnect({ ...options, lookup: names.lookup }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#est?.[Symbol.dispose]()
    await this.ra.stop()
    await this.adcs.stop()
  }
}
