import { isIP } from 'node:net'
import type { Message } from '@capfkit/codec/capf'
import { type KeySpec, PkiError } from '@capfkit/pki'
import { Connection } from './connection.ts'
import { Deadline } from './deadline.ts'
import type { AnyRule, Decision, Moment, Reply, Trouble } from './decision.ts'
import type { Device, MadeKey } from './device.ts'
import type { Environment, Target } from './environment.ts'
import type { PhoneErrorCode } from './errors.ts'
import type { Disturbance } from './faults/disturbance.ts'
import { generateKey } from './key-generation.ts'
import type { Phase } from './phases.ts'
import { signatureOffer } from './request-signature.ts'
import type { SessionResult } from './result.ts'
import { ruleFor } from './rules.ts'
import { safeDetail } from './safe-detail.ts'
import { SessionRecord } from './session-record.ts'

/** Real servers ask for one operation, seldom for two. */
const MAX_OPERATIONS = 16

/** What it means when time is up in these phases; in all others the server owes a message. */
const TIMEOUTS: Partial<Record<Phase, PhoneErrorCode>> = {
  dns: 'PHONE_NAME_UNKNOWN',
  connect: 'PHONE_CONNECT_TIMEOUT',
  tls: 'PHONE_TLS_TIMEOUT',
}

export type SessionInit = {
  device: Device
  environment: Environment
  signal: AbortSignal | undefined
  /** What the phone is to do wrong on purpose. */
  disturbance?: Disturbance | undefined
  /** Called exactly once, after the socket is closed. */
  done: (result: SessionResult) => void
}

/** One connection from the first SYN to its end: carries out what the rules decide, and keeps the time. */
export class Session {
  readonly #device: Device
  readonly #environment: Environment
  readonly #signal: AbortSignal | undefined
  readonly #disturbance: Disturbance | undefined
  readonly #done: (result: SessionResult) => void
  readonly #record: SessionRecord
  readonly #deadline: Deadline
  readonly #connection: Connection
  #moment: Moment = 'greeting'
  #operations = 0
  #key: MadeKey | undefined
  /** There only while a key is being made: an abort, with its stack trace, costs more than all frames together. */
  #keyAbort: AbortController | undefined
  #result: SessionResult | undefined

  constructor({ device, environment, signal, disturbance, done }: SessionInit) {
    const { startTimer, now } = environment
    const { sessionTimeoutMs: sessionMs, tlsTimeoutMs, maxFrameBytes } = device.options
    this.#device = device
    this.#environment = environment
    this.#signal = signal
    this.#disturbance = disturbance
    this.#done = done
    this.#record = new SessionRecord(now)
    this.#deadline = new Deadline({ startTimer, now, sessionMs, fire: isSessionOver => this.#timeUp(isSessionOver) })
    this.#connection = new Connection({
      environment,
      maxFrameBytes,
      disturbance,
      events: {
        resolved: () => this.#record.enter('connect'),
        connected: () => this.#wait('tls', tlsTimeoutMs),
        judging: () => this.#wait('trust'),
        secured: () => this.#wait('greeting'),
        message: message => this.#take(message),
        failed: trouble => this.#fail(trouble),
        closed: () => this.#closed(),
      },
    })
  }

  start(target: Target): void {
    // One time-out for both: it is the server that is not there in time, whatever the reason.
    if (isIP(target.host) === 0) this.#record.begin('dns')
    if (this.#disturbance) this.#disturbance.onBegin = () => this.#deadline.set(this.#disturbance?.waitMs(0) ?? 0)
    this.#deadline.set(this.#device.options.connectTimeoutMs)
    this.#signal?.addEventListener('abort', this.#abort)
    this.#connection.open(target)
  }

  readonly #abort = (): void => this.#fail({ code: 'PHONE_ABORTED' })

  #wait(phase: Phase, ms = this.#device.options.replyTimeoutMs): void {
    this.#record.enter(phase)
    this.#deadline.set(this.#disturbance?.waitMs(ms) ?? ms)
  }

  #timeUp(isSessionOver: boolean): void {
    const { phase } = this.#record
    if (this.#result) this.#connection.destroy()
    else if (isSessionOver) this.#fail({ code: 'PHONE_SESSION_TIMEOUT' })
    else if (phase === 'keyGeneration') this.#reportProgress()
    else this.#fail({ code: TIMEOUTS[phase] ?? 'PHONE_REPLY_TIMEOUT' })
  }

  #take(message: Message): void {
    const record = this.#record
    record.saw('server', message.name)
    this.#say(`received ${message.name}`)
    record.sessionId ??= message.sessionId
    const rule = ruleFor(message.name, this.#moment)
    if (message.sessionId !== record.sessionId) {
      this.#fail({ code: 'PHONE_SESSION_ID_CHANGED', detail: `from ${record.sessionId} to ${message.sessionId}` })
    } else if (!rule) {
      this.#fail({ code: 'PHONE_UNEXPECTED_MESSAGE', detail: `${message.name} while the phone waits for: ${this.#moment}` })
    } else if (rule.operation && ++this.#operations > MAX_OPERATIONS) {
      this.#fail({ code: 'PHONE_TOO_MANY_OPERATIONS' })
    } else {
      this.#guard(() => this.#follow(rule, message))
    }
  }

  #follow(rule: AnyRule, message: Message): void {
    if (rule.operation) this.#record.operation = rule.operation
    if (rule.handling) this.#record.enter(rule.handling)
    const decision = rule.decide(
      { device: this.#device, moment: this.#moment, key: this.#key, clockMs: this.#disturbance?.clockMs },
      message,
    )
    this.#moment = rule.next
    this.#carryOut(decision, rule.waiting)
  }

  #carryOut(decision: Decision, waiting: Phase): void {
    const { reply, trouble, makeKey, install, remove, over } = decision
    if (trouble) this.#record.note(trouble)
    if (reply) this.#send(reply)
    if (install || remove) {
      this.#device.lsc = install
      if (install) this.#device.pendingKey = undefined
      this.#record.lsc = install ? 'installed' : 'deleted'
    }
    if (over) this.#finish(over)
    else if (makeKey) this.#makeKey(makeKey)
    else this.#wait(waiting)
  }

  #makeKey(spec: KeySpec): void {
    this.#moment = 'key'
    this.#reportProgress()
    this.#keyAbort = new AbortController()
    const { signal } = this.#keyAbort
    generateKey({ device: this.#device, environment: this.#environment, spec, signal }).then(
      key => this.#guard(() => this.#keyMade(key)),
      error => this.#fail({ code: 'PHONE_KEY_GENERATION_FAILED', detail: safeDetail(error) }),
    )
  }

  #keyMade(key: MadeKey): void {
    if (this.#result) return
    this.#keyAbort = undefined
    this.#key = key
    this.#device.pendingKey = key
    this.#moment = 'certificate'
    this.#send({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: key.publicKeyDer, ...signatureOffer(this.#device, key) })
    this.#wait('issue')
  }

  /** Keeps the session alive while a key is made [CAPF-3.3]; version 2 clients never send it [CAPF-3.2]. */
  #reportProgress(): void {
    if (this.#device.protocolVersion >= 3) this.#send({ name: 'REQUEST_IN_PROGRESS' })
    this.#deadline.set(this.#device.options.progressIntervalMs)
  }

  #send(reply: Reply): void {
    this.#connection.send({ ...reply, sessionId: this.#record.sessionId ?? 0 } as Message)
    this.#record.saw('client', reply.name)
    this.#say(`sent ${reply.name}`)
  }

  /** A session never throws: what goes wrong here is a failure like any other. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      const code = error instanceof PkiError ? 'PHONE_CREDENTIAL_UNUSABLE' : 'PHONE_INTERNAL'
      this.#fail({ code, detail: safeDetail(error) })
    }
  }

  #fail(trouble: Trouble): void {
    if (this.#result) return
    this.#record.note(trouble, { isNetworkLoss: this.#connection.hasLost })
    this.#finish({})
  }

  /** The result stands from now on; `done` hears of it when the socket is closed. */
  #finish(over: { reason?: number; retryAfterSeconds?: number }): void {
    const { closeWaitMs } = this.#device.options
    const letServerGoFirst = closeWaitMs > 0 && over.reason !== undefined
    const result = this.#record.finish(over)
    this.#result = this.#disturbance?.judge(result) ?? result
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#keyAbort?.abort()
    if (letServerGoFirst) this.#deadline.set(closeWaitMs)
    this.#connection.close({ letServerGoFirst })
  }

  #closed(): void {
    this.#deadline.clear()
    if (this.#result) this.#done(this.#result)
  }

  #say(text: string): void {
    const { log, now } = this.#environment
    log?.({ at: now(), level: 'debug', deviceName: this.#device.deviceName, text })
  }
}
