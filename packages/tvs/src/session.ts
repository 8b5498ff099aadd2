import { DecodeError, FrameReader, type Message } from '@capfkit/codec/tvs'
import type { Connection, Handler } from '@capfkit/listen'
import { type Answer, type Answerer, isRequest, type Request } from './answers.ts'
import type { TvsOptions } from './options.ts'

/** One connection in one line: what the log and the counters say of it. */
export type SessionSummary = {
  remoteAddress: string
  /** Who asked, as it called itself last, up to 128 characters. */
  deviceName: string | undefined
  /** How many requests got which answer. */
  answers: Partial<Record<Answer, number>>
  durationMs: number
  /** What ended it, unless the client did after its last answer. */
  detail?: string
  /** Byte in the frame where a malformed request goes wrong. */
  offset?: number
}

/** Who asks is for the log only, and no phone has a longer name: what is longer is cut. */
const MAX_NAME_CHARACTERS = 128

type Ending = Pick<SessionSummary, 'detail' | 'offset'>

export type SessionContext = {
  /** Asked for each request: the store may be replaced in between. */
  answerer(): Answerer
  readonly options: Pick<TvsOptions, 'maxFrameBytes' | 'idleTimeoutMs' | 'maxRequests'>
  now(): Date
  /** Called once, when the session is over. */
  ended(summary: SessionSummary): void
}

/** The server's side of one connection [TVS-3]: reads requests, answers them in their order, and ends who says nothing. */
export class TvsSession implements Handler {
  readonly #context: SessionContext
  readonly #connection: Connection
  readonly #reader: FrameReader
  readonly #startedMs = performance.now()
  readonly #idle: NodeJS.Timeout
  readonly #answers: SessionSummary['answers'] = {}
  #deviceName: string | undefined
  #requestsLeft: number
  #draining = false
  #over = false

  constructor(context: SessionContext, connection: Connection) {
    const { maxFrameBytes, idleTimeoutMs, maxRequests } = context.options
    this.#context = context
    this.#connection = connection
    this.#reader = new FrameReader({ maxFrameBytes })
    this.#requestsLeft = maxRequests
    this.#idle = setTimeout(() => this.#end({ detail: `no request for ${idleTimeoutMs} ms` }), idleTimeoutMs)
  }

  receive(chunk: Buffer): void {
    if (this.#over) return
    let messages: Message[]
    try {
      messages = this.#reader.push(chunk)
    } catch (error) {
      const offset = error instanceof DecodeError ? { offset: error.offset } : {}
      this.#end({ detail: error instanceof Error ? error.message : String(error), ...offset })
      return
    }
    if (messages.length > 0) this.#answerAll(messages)
  }

  hangUp(detail?: string): void {
    const inside = this.#reader.bufferedBytes > 0
    const why = inside ? `${detail ?? 'the client closed the connection'} inside a frame` : detail
    this.#end(why === undefined ? {} : { detail: why })
  }

  stop(): void {
    this.#end({ detail: 'the server stops' })
  }

  /** Between two requests nothing is lost: the client asks again, elsewhere. */
  drain(): void {
    this.#draining = true
    if (this.#reader.bufferedBytes === 0) this.#end({})
  }

  /** Requests that came together are answered together, in one write. */
  #answerAll(messages: readonly Message[]): void {
    const frames: Buffer[] = []
    let why: Ending | undefined
    for (const message of messages) {
      if (!isRequest(message)) {
        why = { detail: `${message.name} is not for a server` }
        break
      }
      frames.push(this.#answer(message))
      if (--this.#requestsLeft > 0) continue
      why = { detail: 'as many requests as one connection may have' }
      break
    }
    if (this.#draining && this.#reader.bufferedBytes === 0) why ??= {}
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    if (why) {
      this.#end(why, bytes)
      return
    }
    this.#idle.refresh()
    this.#connection.write(bytes)
  }

  #answer(request: Request): Buffer {
    const { answer, frame } = this.#context.answerer().answer(request, this.#context.now().getTime())
    this.#answers[answer] = (this.#answers[answer] ?? 0) + 1
    this.#deviceName = request.deviceName?.slice(0, MAX_NAME_CHARACTERS) ?? this.#deviceName
    return frame
  }

  #end(why: Ending, last?: Buffer): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#idle)
    this.#connection.end(last)
    this.#context.ended({
      remoteAddress: this.#connection.remoteAddress,
      deviceName: this.#deviceName,
      answers: this.#answers,
      durationMs: Math.round(performance.now() - this.#startedMs),
      ...why,
    })
  }
}
