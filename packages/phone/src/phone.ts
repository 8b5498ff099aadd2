import { isIP } from 'node:net'
import { type BootOrder, bootPhone, notBooted } from './boot/boot.ts'
import type { BootResult } from './boot/result.ts'
import { type Contact, contactServers } from './contact.ts'
import type { Trouble } from './decision.ts'
import type { AuthMode, Credential, Device, MadeKey } from './device.ts'
import { type Environment, environmentOf, type Target } from './environment.ts'
import { phoneError } from './errors.ts'
import { beginFault } from './faults/begin.ts'
import type { DisturbanceOrder } from './faults/disturbance.ts'
import { runOpening } from './faults/opening.ts'
import { type Flash, memoryFlash } from './flash/flash.ts'
import { notStarted, obstacle } from './obstacle.ts'
import { deviceOf, type PhoneInit } from './phone-init.ts'
import { lookUp, resolveBySystem } from './resolver.ts'
import type { ContactResult, SessionResult } from './result.ts'
import { safeDetail } from './safe-detail.ts'
import { ConsoleLog } from './screen/console-lines.ts'
import type { StatusMessage } from './screen/status-messages.ts'
import { StatusPage } from './screen/status-page.ts'
import { Session } from './session.ts'
import { tlsProfileFor } from './tls-profile.ts'

type SessionOrder = { signal: AbortSignal | undefined; disturbance: DisturbanceOrder | undefined }

/** What the LSC menu of the phone says. */
export type LscMenu = 'Not Installed' | 'Pending' | 'Installed'

/**
 * One phone as CAPF sees it: an identity, certificates, and the client side of every session. Its LSC, its way of
 * authenticating and its status page outlive the sessions; one session at a time.
 */
export class Phone {
  readonly #device: Device
  readonly #environment: Environment
  readonly #page: StatusPage
  readonly #console: ConsoleLog
  readonly #flash: Flash
  /** Of the last session that had one. */
  #sessionId: number | undefined
  #isBusy = false
  #isBooting = false

  /** @throws {OptionError} for a device name or model that is none, and for wrong options. */
  constructor(init: PhoneInit) {
    this.#device = deviceOf(init)
    const { model, options } = this.#device
    this.#environment = environmentOf({ ...init, tls: init.tls ?? tlsProfileFor({ model, options }) })
    const { now, onStatus, onConsole } = this.#environment
    this.#page = new StatusPage({ now, sink: onStatus })
    this.#console = new ConsoleLog({ now, sink: onConsole })
    this.#flash = init.flash ?? memoryFlash()
  }

  get deviceName(): string {
    return this.#device.deviceName
  }

  /** The LSC with its key, as installed by the last session that did. */
  get lsc(): Credential | undefined {
    return this.#device.lsc
  }

  /** The key that was made last, while its certificate is still to come [CAPF-3.8]. */
  get pendingKey(): MadeKey | undefined {
    return this.#device.pendingKey
  }

  get mic(): Credential | undefined {
    return this.#device.mic
  }

  get lscMenu(): LscMenu {
    if (this.#isBusy) return 'Pending'
    return this.#device.lsc ? 'Installed' : 'Not Installed'
  }

  /** The last lines of the status page, the newest last. */
  get statusMessages(): readonly StatusMessage[] {
    return this.#page.messages
  }

  /** What a new configuration file or the user changes between sessions. `authString: undefined` forgets the string. */
  configure(change: { authMode?: AuthMode; authString?: string | undefined; trusted?: Environment['trusted'] }): void {
    if (change.authMode) this.#device.authMode = change.authMode
    if (change.trusted) this.#environment.trusted = change.trusted
    if ('authString' in change) this.#device.authString = change.authString
  }

  /**
   * One session with one server. Never rejects: whatever network and server do is in the result.
   *
   * @param session.signal  ends the session at once with PHONE_ABORTED. When thousands of sessions share one signal, each of
   *                        them takes longer to end, as Node looks through all its listeners: give each session its own.
   * @param session.disturbance  what the phone does wrong on purpose; the result says what the server made of it.
   */
  async runSession(
    session: Target & { signal?: AbortSignal | undefined; disturbance?: DisturbanceOrder | undefined },
  ): Promise<SessionResult> {
    const { signal, disturbance, ...target } = session
    if (this.#isBusy) return notStarted({ code: 'PHONE_BUSY' })
    const trouble = obstacle({ device: this.#device, trusted: this.#environment.trusted, signal, fault: disturbance?.fault })
    this.#isBusy = true
    const result = trouble ? notStarted(trouble) : await this.#reach(target, { signal, disturbance })
    this.#isBusy = false
    this.#sessionId = result.sessionId ?? this.#sessionId
    this.#show(result, target)
    return result
  }

  /**
   * Find a CAPF server that answers, as a phone does: the servers in order and, when none could be talked to, all of them
   * again after `retryIntervalMs`, `retries` times. An answer ends the search, be it a refusal. Never rejects.
   *
   * @param contact.onSession  hears the result of every session, of the last one too.
   */
  contactCapf(contact: Contact): Promise<ContactResult> {
    const { signal, disturbance } = contact
    return contactServers(contact, {
      options: this.#device.options,
      delay: this.#environment.delay,
      runSession: target => this.runSession({ ...target, signal, disturbance }),
    })
  }

  /**
   * Switch the phone on [BOOT-1.1]: trust lists and configuration from the file server, then CAPF if the configuration asks for
   * it. From then on the phone authenticates and trusts as that says. Never rejects but for wrong options.
   *
   * @throws {OptionError}
   */
  async boot(order: BootOrder): Promise<BootResult> {
    if (this.#isBooting) return notBooted('PHONE_BUSY')
    this.#isBooting = true
    try {
      return await this.#boot(order)
    } finally {
      this.#isBooting = false
    }
  }

  #boot(order: BootOrder): Promise<BootResult> {
    this.#environment.resolve ??= resolveBySystem
    const phone = {
      device: this.#device,
      environment: this.#environment,
      console: this.#console,
      page: this.#page,
      resolve: (host: string, signal: AbortSignal | undefined) => this.#resolve(host, signal),
      configure: (change: Parameters<Phone['configure']>[0]) => this.configure(change),
      contactCapf: (contact: Contact) => this.contactCapf({ ...contact, disturbance: order.disturbance }),
    }
    return bootPhone(order, { phone, flash: this.#flash })
  }

  /** Forget trust lists and what TVS said: the next list is taken on faith. @throws {BootError} `BOOT_FLASH` */
  eraseTrust(): Promise<void> {
    return this.#flash.erase()
  }

  /** Name first, where there is a resolver. */
  async #reach(target: Target, order: SessionOrder): Promise<SessionResult> {
    const { signal } = order
    const { resolve, now } = this.#environment
    if (!resolve || isIP(target.host) !== 0) return this.#converse(target, order)
    const startedAt = now()
    const timed = (result: SessionResult, dns: number): SessionResult => ({
      ...result,
      phasesMs: { dns, ...result.phasesMs },
      totalMs: dns + result.totalMs,
    })
    try {
      const host = await this.#lookUp(target.host, signal)
      const dns = now() - startedAt
      return timed(await this.#converse({ ...target, host }, order), dns)
    } catch {
      const trouble: Trouble = signal?.aborted ? { code: 'PHONE_ABORTED' } : { code: 'PHONE_NAME_UNKNOWN', detail: target.host }
      return timed(notStarted(trouble, 'dns'), now() - startedAt)
    }
  }

  #lookUp(host: string, signal: AbortSignal | undefined): Promise<string> {
    const { resolve = resolveBySystem, startTimer } = this.#environment
    const { connectTimeoutMs: timeoutMs } = this.#device.options
    return lookUp(host, { resolve, startTimer, console: this.#console, timeoutMs, signal })
  }

  /** As {@link Phone.#lookUp}, for names that are not of CAPF: the user is told here, and not by the session. */
  async #resolve(host: string, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await this.#lookUp(host, signal)
    } catch (error) {
      if (!signal?.aborted) this.#page.show('DNS_UNKNOWN', { host })
      throw error
    }
  }

  #converse(target: Target, { signal, disturbance: order }: SessionOrder): Promise<SessionResult> {
    if (order) return this.#misbehave(target, { signal, order })
    return new Promise(done => {
      new Session({ device: this.#device, environment: this.#environment, signal, done }).start(target)
    })
  }

  async #misbehave(
    target: Target,
    { signal, order }: { signal: AbortSignal | undefined; order: DisturbanceOrder },
  ): Promise<SessionResult> {
    const [device, environment] = [this.#device, this.#environment]
    try {
      const { disturbance, play } = await beginFault(order, { device, environment, earlierSessionId: this.#sessionId })
      if (play.kind === 'opening')
        return await runOpening(target, { bytes: play.bytes, disturbance, environment, options: device.options, signal })
      return await new Promise(done => {
        new Session({ device, environment, signal, disturbance, done }).start(target)
      })
    } catch (error) {
      return notStarted({ code: 'PHONE_CREDENTIAL_UNUSABLE', detail: safeDetail(error) })
    }
  }

  /** The status page of the phone, and a line of log. */
  #show({ failure, operation }: SessionResult, { host, port }: Target): void {
    const { log, now } = this.#environment
    for (const code of failure ? (phoneError(failure.code).shows ?? ['LSC_FAILED']) : []) this.#page.show(code, { host })
    const text = failure ? `${failure.code} in phase ${failure.phase}: ${failure.detail}` : `done: ${operation}`
    const level = failure ? 'warn' : 'info'
    log?.({ at: now(), level, deviceName: this.deviceName, text: `session with ${host}:${port}, ${text}` })
  }
}
