import { CERTIFICATE_TYPE, DecodeError, encode, FrameReader, type Message, type MessageOf, REASON } from '@capfkit/codec/capf'
import type { Connection } from '@capfkit/listen'
import { admit } from './admission.ts'
import type { Device } from './device.ts'
import { FETCH_TYPES } from './fetched.ts'
import type { Installation } from './installation.ts'
import { keyGenerateRequest } from './key-request.ts'
import { type Action, type SessionEvent, type State, step, type Taken } from './machine.ts'
import { hear } from './phone-messages.ts'
import { recordOutcome } from './record-outcome.ts'
import type { SessionContext, SessionSummary } from './session-context.ts'
import type { OpStatus } from './status.ts'
import type { Lease } from './store/store.ts'
import { debugLine, endingLines, eventLine, messageLine, noteLine, selectLines, sendingLine } from './trace-lines.ts'

const PROTOCOL_VERSION = 3

/**
 * One phone's session: takes events, asks {@link step} where to go, and does what the transition says.
 *
 * All decisions about order and status are in the table; here are only the effects. Nothing throws out of it.
 */
export class Session {
  readonly #context: SessionContext
  readonly #connection: Connection
  readonly #reader: FrameReader
  readonly #sessionId: number
  readonly #startedMs = performance.now()
  readonly #over = Promise.withResolvers<void>()
  /** What the store was asked last: the session may be over before it has answered. */
  #asked: Promise<void> | undefined
  #state: State = 'IDLE'
  #timer: NodeJS.Timeout | undefined
  #device: Device | undefined
  #deviceName: string | undefined
  #lease: Lease | undefined
  #response: MessageOf<'AUTH_RESPONSE'> | undefined
  #install: Installation | undefined
  readonly #fetchTypes: (number | undefined)[]
  #fetched = false
  #wrongString = false
  #inProgress = 0
  #reason: number = REASON.REFUSED
  /** How the operation ended, and the same once the store has it. */
  #status: OpStatus | undefined
  #recorded: OpStatus | undefined
  /** What went wrong, for the one log line at the end. */
  #detail: Pick<SessionSummary, 'detail' | 'offset'> = {}
  #endedIn: State = 'IDLE'

  constructor(context: SessionContext, connection: Connection) {
    this.#context = context
    this.#connection = connection
    this.#sessionId = context.newSessionId()
    this.#fetchTypes = [...FETCH_TYPES[context.options.fetchTypes]]
    this.#reader = new FrameReader({ maxFrameBytes: context.options.maxFrameBytes, strict: context.options.strictElements })
  }

  /** Settles when the session is over and the store has answered: its outcome is written, its lease ended, as far as can be. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** The TLS handshake is done: the server speaks first [CAPF-1.2]. */
  start(): void {
    this.#feed({ name: 'PHONE_CONNECTED' })
  }

  /** Bytes from the phone. */
  receive(chunk: Buffer): void {
    // While the outcome is being written nothing matters that the phone still says, and it could say a lot.
    if (this.#state === 'CLOSED' || this.#state === 'AWAIT_DB_RESP') return
    let messages: Message[]
    try {
      messages = this.#reader.push(chunk)
    } catch (error) {
      this.#note(String(error instanceof Error ? error.message : error), error instanceof DecodeError ? error.offset : undefined)
      this.#feed({ name: 'PROTOCOL_ERROR' })
      return
    }
    for (const message of messages) if (this.#isOpen()) this.#receiveMessage(message)
  }

  /** The phone closed, or the connection broke. */
  hangUp(detail = 'the phone closed the connection'): void {
    if (this.#state !== 'AWAIT_DB_RESP') this.#note(this.#reader.bufferedBytes > 0 ? `${detail} inside a frame` : detail)
    this.#feed({ name: 'HANG_UP' })
  }

  /** The server stops and does not wait any longer. */
  stop(): void {
    if (this.#state !== 'AWAIT_DB_RESP') this.#note('the server stops')
    this.#feed({ name: 'STOP' })
  }

  #isOpen(): boolean {
    return this.#state !== 'CLOSED'
  }

  #receiveMessage(message: Message): void {
    this.#context.trace?.write(messageLine(message.name))
    const { event, detail, offset, response, publicKeyDer, csrDer, fetched } = hear(message, {
      state: this.#state,
      sessionId: this.#sessionId,
      device: this.#device,
      install: this.#install,
      wantsRequest: this.#context.issuer.requestInfo !== undefined,
      inProgress: this.#inProgress,
      fetch: { more: this.#fetchTypes.length > 0, got: this.#fetched },
      trust: this.#context.trust,
      at: this.#context.now(),
    })
    if (detail !== undefined) this.#note(detail, offset)
    if (response) {
      this.#response = response
      this.#deviceName = response.deviceName
    }
    if (this.#install && publicKeyDer) this.#install.publicKeyDer = publicKeyDer
    if (this.#install && csrDer) this.#install.csrDer = csrDer
    if (event.name === 'KEY_GEN_IN_PROGRESS') this.#inProgress++
    if (fetched !== undefined) {
      this.#fetched = true
      this.#trace(`CAPF got device certificate ${fetched}`)
    }
    this.#feed(event)
  }

  /** Only the first thing that goes wrong is the cause. */
  #note(detail: string, offset?: number): void {
    if (this.#detail.detail !== undefined) return
    this.#detail = { detail, ...(offset === undefined ? {} : { offset }) }
    if (this.#isOpen()) this.#context.trace?.write(noteLine(this.#deviceName, detail))
  }

  #feed(event: SessionEvent): void {
    const from = this.#state
    const taken = step(from, event)
    if (!taken) return
    this.#context.trace?.write(eventLine(this.#deviceName, { event: event.name, state: from }))
    const { to, status, reason } = taken
    this.#state = to
    if (from !== 'AWAIT_DB_RESP') this.#endedIn = from
    if (status !== undefined) this.#status = status
    if (reason !== undefined) this.#reason = reason
    this.#arm(to)
    Session.#ACTIONS[taken.do](this, taken)
  }

  #arm(state: State): void {
    clearTimeout(this.#timer)
    if (state === 'CLOSED') return
    const { keyGenerationTimeoutMs, replyTimeoutMs, sessionTimeoutMs } = this.#context.options
    // A CA that is asked has its own time-out; the reply time-out is left for the queue before it.
    const replyMs = state === 'AWAIT_CA_CERT_RESP' ? replyTimeoutMs + this.#context.issuer.timeoutMs : replyTimeoutMs
    const stepMs = state === 'AWAIT_KEY_GEN_RESP' ? keyGenerationTimeoutMs : replyMs
    // However long the session took, its outcome gets the time to be written.
    const leftMs = state === 'AWAIT_DB_RESP' ? stepMs : this.#startedMs + sessionTimeoutMs - performance.now()
    this.#timer = setTimeout(
      () => {
        this.#note(stepMs <= leftMs ? `no answer for ${stepMs} ms` : `the session took longer than ${sessionTimeoutMs} ms`)
        this.#feed({ name: 'TIMEOUT' })
      },
      Math.max(1, Math.min(stepMs, leftMs)),
    )
  }

  /** One for each {@link Action} of the table, shared by all sessions: ten thousand of them wait for their phones at once. */
  static readonly #ACTIONS: { readonly [A in Action]: (session: Session, taken: Taken) => void } = {
    sendAuthRequest: session =>
      session.#send({ name: 'AUTH_REQUEST', sessionId: session.#sessionId, version: PROTOCOL_VERSION, authType: 0 }),
    checkDevice: session => session.#ask(session.#checkDevice()),
    sendKeyGenerateRequest: session => session.#sendKeyGenerateRequest(),
    keepWaiting: () => {},
    sendSignRequest: session =>
      session.#send(session.#install!.signRequest({ sessionId: session.#sessionId, deviceName: session.#device!.name })),
    requestCertificate: session => void session.#requestCertificate(),
    sendStoreRequest: session => session.#sendStoreRequest(),
    sendFetchRequest: session => session.#sendFetchRequest(),
    sendDeleteRequest: session => session.#send({ name: 'DELETE_CERTIFICATE_REQUEST', sessionId: session.#sessionId }),
    recordOutcome: (session, taken) => session.#ask(session.#recordOutcome(taken)),
    endSession: session => session.#close({ name: 'END_SESSION', sessionId: session.#sessionId, reason: session.#reason }),
    askToComeAgain: session => {
      const retryDelaySeconds = session.#context.options.retryLaterSeconds
      session.#close({ name: 'RETRY_LATER', sessionId: session.#sessionId, retryDelaySeconds })
    },
    release: session => session.#close(),
    nothing: () => {},
  }

  #ask(answer: Promise<SessionEvent>): void {
    this.#asked = answer.then(event => this.#feed(event))
  }

  #trace(text: string): void {
    this.#context.trace?.write(debugLine(this.#deviceName, text))
  }

  #send(message: Message): void {
    this.#context.trace?.write(sendingLine(this.#deviceName, message.name))
    this.#connection.write(encode(message))
  }

  async #checkDevice(): Promise<SessionEvent> {
    const context = this.#context
    const admission = await admit({ context, response: this.#response!, sessionId: this.#sessionId })
    const { event, detail, device, lease, install, wrongString } = admission
    // The phone went away, or the time was up, while the store was asked.
    if (this.#state !== 'AWAIT_DEVICE_RESP') {
      if (lease) await context.store.release(lease).catch(() => context.orphan(lease))
      return event
    }
    if (detail !== undefined) this.#note(detail)
    this.#device = device
    this.#deviceName = device?.name ?? this.#deviceName
    this.#lease = lease
    this.#install = install
    this.#wrongString = wrongString === true
    if (device && context.trace) context.trace.write(selectLines(device))
    return event
  }

  #sendKeyGenerateRequest(): void {
    this.#send(keyGenerateRequest({ sessionId: this.#sessionId, spec: this.#install!.keySpec, version: this.#response!.version }))
    // The certificate and signatures in it are not needed again, and a phone may make its key for half an hour.
    this.#response = undefined
  }

  async #requestCertificate(): Promise<void> {
    const { event, detail } = await this.#install!.ask(this.#device!.name)
    if (detail !== undefined) this.#note(detail)
    this.#feed(event)
  }

  #sendStoreRequest(): void {
    const certificateType = CERTIFICATE_TYPE.LSC
    const certificate = { certificateType, certificateDer: this.#install!.issued!.certificateDer }
    this.#trace('CAPF got device certificate')
    const { warning } = this.#install!.issued!
    const { issuer, trace } = this.#context
    if (trace && warning !== undefined) trace.write(noteLine(this.#device!.name, warning))
    if (trace && issuer.certificateLines) trace.write(issuer.certificateLines(this.#device!.name))
    this.#send({ name: 'STORE_CERTIFICATE_REQUEST', sessionId: this.#sessionId, certificateType, certificate })
  }

  #sendFetchRequest(): void {
    const certificateType = this.#fetchTypes.shift()
    const type = certificateType === undefined ? {} : { certificateType }
    this.#send({ name: 'FETCH_CERTIFICATE_REQUEST', sessionId: this.#sessionId, ...type })
  }

  async #recordOutcome({ fulfils, supersedes }: Taken): Promise<SessionEvent> {
    this.#install?.abort()
    const { issued, publicKeyDer } = this.#install ?? {}
    const ending = {
      device: this.#device!,
      lease: this.#lease!,
      status: this.#status!,
      fulfilled: fulfils === true,
      supersedes: supersedes === true,
      issued,
      publicKeyDer,
      wrongString: this.#wrongString,
    }
    const recorded = await recordOutcome(ending, this.#context, () => this.#state === 'AWAIT_DB_RESP')
    if (recorded.written) {
      this.#recorded = ending.status
      return { name: 'DB_UPDATED' }
    }
    this.#note(recorded.detail)
    return { name: 'DB_FAILED' }
  }

  #close(message?: Message): void {
    if (message) this.#context.trace?.write(endingLines(this.#deviceName))
    const sent = this.#connection.end(message && encode(message))
    this.#context.ended({
      remoteAddress: this.#connection.remoteAddress,
      deviceName: this.#deviceName,
      operation: this.#device?.operation,
      status: this.#recorded,
      state: this.#endedIn,
      reason: message && sent ? this.#reason : undefined,
      durationMs: Math.round(performance.now() - this.#startedMs),
      ...(this.#install?.issued?.warning === undefined ? {} : { warning: this.#install.issued.warning }),
      ...this.#detail,
    })
    this.#over.resolve(this.#asked)
  }
}
