import {
  CERTIFICATE_TYPE,
  DecodeError,
  encode,
  FrameReader,
  isDeviceName,
  type Message,
  type MessageName,
  type MessageOf,
  REASON,
} from '@capfkit/codec/capf'
import { formatKeySpec, type KeySpec, readPublicKey, sameKeySpec } from '@capfkit/pki'
import { admit } from './admission.ts'
import type { Device } from './device.ts'
import { checkFetched } from './fetched.ts'
import { type Issued, IssueError } from './issue.ts'
import { keyGenerateRequest } from './key-request.ts'
import { type Action, type EventName, type SessionEvent, type State, step, type Taken } from './machine.ts'
import { outcomeOf } from './outcome.ts'
import type { SessionContext, SessionSummary } from './session-context.ts'
import type { OpStatus } from './status.ts'
import type { Lease } from './store/store.ts'
import { debugLine, eventLine, messageLine, outcomeLines, selectLines } from './trace-lines.ts'

/** What a session needs of its connection. */
export type Connection = {
  readonly remoteAddress: string
  /** Send one frame in one write [CAPF-1.3]. */
  write(frame: Buffer): void
  /** Send the last frame, if any, and close. */
  end(frame?: Buffer): void
}

const SUPPORTED_VERSIONS = [2, 3]
const PROTOCOL_VERSION = 3
/** More REQUEST_IN_PROGRESS than any phone sends: a bound on how long a peer can keep a session busy with them. */
const MAX_IN_PROGRESS = 10_000

/** What a troubleshoot operation asks for, one FETCH_CERTIFICATE_REQUEST each; `undefined` leaves the choice to the phone. */
const FETCH_TYPES = {
  any: [undefined],
  lsc: [CERTIFICATE_TYPE.LSC],
  mic: [CERTIFICATE_TYPE.MIC],
  both: [CERTIFICATE_TYPE.LSC, CERTIFICATE_TYPE.MIC],
} as const

const words = (error: unknown) => (error instanceof Error ? error.message : String(error))

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
  readonly #abort = new AbortController()
  #state: State = 'IDLE'
  #timer: NodeJS.Timeout | undefined
  #device: Device | undefined
  #deviceName: string | undefined
  #lease: Lease | undefined
  #response: MessageOf<'AUTH_RESPONSE'> | undefined
  #keySpec: KeySpec | undefined
  #publicKeyDer: Buffer | undefined
  #issued: Issued | undefined
  readonly #fetchTypes: (number | undefined)[]
  #wrongString = false
  #inProgress = 0
  #reason: number = REASON.REFUSED
  #status: OpStatus | undefined
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

  /** The TLS handshake is done: the server speaks first [CAPF-1.2]. */
  start(): void {
    this.#feed({ name: 'PHONE_CONNECTED' })
  }

  /** Bytes from the phone. */
  receive(chunk: Buffer): void {
    if (this.#state === 'CLOSED') return
    let messages: Message[]
    try {
      messages = this.#reader.push(chunk)
    } catch (error) {
      this.#protocolError(words(error), error instanceof DecodeError ? error.offset : undefined)
      return
    }
    for (const message of messages) this.#receiveMessage(message)
  }

  /** The phone closed, or the connection broke. */
  hangUp(detail = 'the phone closed the connection'): void {
    this.#note(this.#reader.bufferedBytes > 0 ? `${detail} inside a frame` : detail)
    this.#feed({ name: 'HANG_UP' })
  }

  /** The server stops and does not wait any longer. */
  stop(): void {
    this.#note('the server stops')
    this.#feed({ name: 'STOP' })
  }

  #receiveMessage(message: Message): void {
    this.#context.trace?.write(messageLine(message.name))
    if (message.sessionId !== this.#sessionId) {
      this.#protocolError(`${message.name} carries session id ${message.sessionId}, not ${this.#sessionId}`, 2)
      return
    }
    const event = this.#events[message.name]?.(message as never)
    if (event) this.#feed(event)
    else this.#protocolError(`${message.name} is not a message that a phone sends`)
  }

  /** Which event a message is; only `step` decides whether this is the moment for it. */
  readonly #events: { readonly [N in MessageName]?: (message: MessageOf<N>) => SessionEvent } = {
    AUTH_RESPONSE: message => {
      if (!SUPPORTED_VERSIONS.includes(message.version)) return this.#bad(`version ${message.version} is not spoken here`)
      if (!isDeviceName(message.deviceName)) return this.#bad('this is not a device name')
      this.#response ??= message
      this.#deviceName ??= message.deviceName
      return { name: 'AUTH_RESP' }
    },
    REQUEST_IN_PROGRESS: () => {
      this.#inProgress++
      return this.#inProgress > MAX_IN_PROGRESS ? this.#bad('too many REQUEST_IN_PROGRESS') : { name: 'KEY_GEN_IN_PROGRESS' }
    },
    KEY_GENERATE_RESPONSE: message => this.#checkKey(message),
    STORE_CERTIFICATE_RESPONSE: ({ reason }) => this.#answered(reason, { yes: 'STORE_CERT_RESP', no: 'STORE_CERT_FAIL' }),
    DELETE_CERTIFICATE_RESPONSE: ({ reason }) => this.#answered(reason, { yes: 'DELETE_CERT_RESP', no: 'DELETE_CERT_FAIL' }),
    FETCH_CERTIFICATE_RESPONSE: message => this.#checkFetched(message),
    END_SESSION: () => {
      this.#note('the phone ended the session')
      return { name: 'HANG_UP' }
    },
  }

  #bad(detail: string): SessionEvent {
    this.#note(detail)
    return { name: 'PROTOCOL_ERROR' }
  }

  #answered(reason: number, { yes, no }: { yes: EventName; no: EventName }): SessionEvent {
    if (reason === REASON.DONE) return { name: yes }
    this.#note(`the phone answered REASON ${reason}`)
    return { name: no }
  }

  #checkKey({ publicKeyDer, reason }: MessageOf<'KEY_GENERATE_RESPONSE'>): SessionEvent {
    const wanted = this.#keySpec
    if (this.#state !== 'AWAIT_KEY_GEN_RESP' || !wanted) return { name: 'KEY_GEN_RESP' }
    try {
      if (!publicKeyDer) throw new Error(`the phone made no key${reason === undefined ? '' : `, REASON ${reason}`}`)
      const { spec } = readPublicKey(publicKeyDer)
      if (!sameKeySpec(spec, wanted)) throw new Error(`asked for ${formatKeySpec(wanted)}, got ${formatKeySpec(spec)}`)
      this.#publicKeyDer = publicKeyDer
      return { name: 'KEY_GEN_RESP' }
    } catch (error) {
      this.#note(words(error))
      return { name: 'KEY_GEN_FAIL' }
    }
  }

  #checkFetched({ certificate }: MessageOf<'FETCH_CERTIFICATE_RESPONSE'>): SessionEvent {
    if (this.#state !== 'AWAIT_FETCH_CERT_RESP' || !this.#device) return { name: 'FETCH_CERT_RESP' }
    if (certificate) {
      const { trust, now } = this.#context
      const verdict = checkFetched({ device: this.#device, certificate, trust, at: now() })
      if (!verdict.ok) {
        this.#note(verdict.detail)
        return { name: 'FETCH_CERT_FAIL', ...(verdict.isMic ? { status: 'CAPF_OP_FAIL_INVALID_MIC' } : {}) }
      }
      this.#trace(`CAPF got device certificate ${verdict.detail}`)
    }
    if (this.#fetchTypes.length > 0) return { name: 'FETCH_CERT_MORE' }
    return { name: certificate ? 'FETCH_CERT_RESP' : 'FETCH_CERT_NONE' }
  }

  #protocolError(detail: string, offset?: number): void {
    this.#note(detail, offset)
    this.#feed({ name: 'PROTOCOL_ERROR' })
  }

  /** Only the first thing that goes wrong is the cause. */
  #note(detail: string, offset?: number): void {
    if (this.#detail.detail === undefined) this.#detail = { detail, ...(offset === undefined ? {} : { offset }) }
  }

  #feed(event: SessionEvent): void {
    const from = this.#state
    const taken = step(from, event)
    if (!taken) return
    this.#context.trace?.write(eventLine(this.#deviceName, { event: event.name, state: from }))
    const { to, status, reason } = taken
    this.#state = to
    if (to === 'CLOSED' || to === 'AWAIT_DB_RESP') this.#endedIn = from === 'AWAIT_DB_RESP' ? this.#endedIn : from
    if (status !== undefined) this.#status = status
    if (reason !== undefined) this.#reason = reason
    this.#arm(to)
    this.#actions[taken.do](taken)
  }

  #arm(state: State): void {
    clearTimeout(this.#timer)
    if (state === 'CLOSED') return
    const { keyGenerationTimeoutMs, replyTimeoutMs, sessionTimeoutMs } = this.#context.options
    const stepMs = state === 'AWAIT_KEY_GEN_RESP' ? keyGenerationTimeoutMs : replyTimeoutMs
    const leftMs = this.#startedMs + sessionTimeoutMs - performance.now()
    this.#timer = setTimeout(
      () => {
        this.#note(stepMs <= leftMs ? `no answer for ${stepMs} ms` : `the session took longer than ${sessionTimeoutMs} ms`)
        this.#feed({ name: 'TIMEOUT' })
      },
      Math.max(1, Math.min(stepMs, leftMs)),
    )
  }

  readonly #actions: { readonly [A in Action]: (taken: Taken) => void } = {
    sendAuthRequest: () => this.#send({ name: 'AUTH_REQUEST', sessionId: this.#sessionId, version: PROTOCOL_VERSION, authType: 0 }),
    checkDevice: () => void this.#checkDevice().then(event => this.#feed(event)),
    sendKeyGenerateRequest: () => this.#sendKeyGenerateRequest(),
    keepWaiting: () => {},
    requestCertificate: () => void this.#requestCertificate().then(event => this.#feed(event)),
    sendStoreRequest: () => this.#sendStoreRequest(),
    sendFetchRequest: () => this.#sendFetchRequest(),
    sendDeleteRequest: () => this.#send({ name: 'DELETE_CERTIFICATE_REQUEST', sessionId: this.#sessionId }),
    recordOutcome: taken => void this.#recordOutcome(taken).then(event => this.#feed(event)),
    endSession: () => this.#close({ name: 'END_SESSION', sessionId: this.#sessionId, reason: this.#reason }),
    release: () => this.#close(),
    nothing: () => {},
  }

  #trace(text: string): void {
    this.#context.trace?.write(debugLine(this.#deviceName, text))
  }

  #send(message: Message): void {
    this.#trace(`Sending ${message.name} msg`)
    this.#connection.write(encode(message))
  }

  async #checkDevice(): Promise<SessionEvent> {
    const context = this.#context
    const { event, detail, device, lease, keySpec, wrongString } = await admit({
      context,
      response: this.#response!,
      sessionId: this.#sessionId,
    })
    // The phone went away, or the time was up, while the store was asked.
    if (this.#state !== 'AWAIT_DEVICE_RESP') {
      if (lease) await context.store.release(lease).catch(() => context.orphan(lease))
      return event
    }
    if (detail !== undefined) this.#note(detail)
    this.#device = device
    this.#deviceName = device?.name ?? this.#deviceName
    this.#lease = lease
    this.#keySpec = keySpec
    this.#wrongString = wrongString === true
    if (device && context.trace) context.trace.write(selectLines(device))
    return event
  }

  #sendKeyGenerateRequest(): void {
    this.#send(keyGenerateRequest({ sessionId: this.#sessionId, spec: this.#keySpec!, version: this.#response!.version }))
    // The certificate and signatures in it are not needed again, and a phone may make its key for half an hour.
    this.#response = undefined
  }

  async #requestCertificate(): Promise<SessionEvent> {
    try {
      const request = { deviceName: this.#device!.name, publicKeyDer: this.#publicKeyDer!, signal: this.#abort.signal }
      this.#issued = await this.#context.issue(request)
      return { name: 'CA_CERT_REP' }
    } catch (error) {
      this.#note(words(error))
      const refused = error instanceof IssueError && error.refused
      return { name: 'CA_CERT_REJECT', ...(refused ? {} : { status: 'CAPF_OP_FAIL_CA_COMM_ERROR' }) }
    }
  }

  #sendStoreRequest(): void {
    const certificate = { certificateType: CERTIFICATE_TYPE.LSC, certificateDer: this.#issued!.certificateDer }
    this.#trace('CAPF got device certificate')
    this.#send({
      name: 'STORE_CERTIFICATE_REQUEST',
      sessionId: this.#sessionId,
      certificateType: CERTIFICATE_TYPE.LSC,
      certificate,
    })
  }

  #sendFetchRequest(): void {
    const certificateType = this.#fetchTypes.shift()
    const type = certificateType === undefined ? {} : { certificateType }
    this.#send({ name: 'FETCH_CERTIFICATE_REQUEST', sessionId: this.#sessionId, ...type })
  }

  async #recordOutcome({ fulfils }: Taken): Promise<SessionEvent> {
    const context = this.#context
    const device = this.#device!
    const status = this.#status!
    const fulfilled = fulfils === true
    const outcome = outcomeOf(
      { device, status, fulfilled, issued: this.#issued, publicKeyDer: this.#publicKeyDer, wrongString: this.#wrongString },
      context,
    )
    context.trace?.write(outcomeLines({ deviceName: device.name, opStatus: status, outcome }))
    try {
      if (await context.store.settle(this.#lease!, outcome)) return { name: 'DB_UPDATED' }
      this.#note('the device was removed or given to another node')
    } catch (error) {
      context.orphan(this.#lease!)
      this.#note(words(error))
    }
    return { name: 'DB_FAILED' }
  }

  #close(message?: Message): void {
    this.#abort.abort()
    if (message) this.#trace(`Sending ${message.name} msg`)
    this.#connection.end(message && encode(message))
    this.#context.ended({
      remoteAddress: this.#connection.remoteAddress,
      deviceName: this.#deviceName,
      operation: this.#device?.operation,
      status: this.#status,
      state: this.#endedIn,
      reason: message ? this.#reason : undefined,
      durationMs: Math.round(performance.now() - this.#startedMs),
      ...this.#detail,
    })
  }
}
