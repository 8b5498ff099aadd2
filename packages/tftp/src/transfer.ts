import { isDeepStrictEqual } from 'node:util'
import {
  formatPacket,
  type Packet,
  PacketError,
  type PacketOf,
  parsePacket,
  toNetascii,
  writeTransferOptions,
} from '@capfkit/codec/tftp'
import { agreeOn, Blocks, wireNumber } from './blocks.ts'
import { type FileSource, MAX_NAME_LENGTH, safeFileName } from './file-source.ts'
import type { FileServerOptions } from './options.ts'
import { type Event, formatRefusal, type State, step } from './sending.ts'
import type { Served } from './served.ts'

/** A running timer: Node's `setTimeout` gives one. */
export type Timer = { refresh(): unknown; [Symbol.dispose](): void }

export type TransferInit = {
  readonly request: PacketOf<'RRQ'>
  readonly remoteAddress: string
  readonly source: FileSource
  readonly options: Pick<
    FileServerOptions,
    'maxBlockBytes' | 'retransmitTimeoutMs' | 'maxTries' | 'transferTimeoutMs' | 'sourceTimeoutMs'
  >
  /** Milliseconds, never backwards. */
  readonly now: () => number
  readonly startTimer: (callback: () => void, ms: number) => Timer
  /** Answers from the port that was asked: for a refusal, before there is a port of the transfer's own. */
  readonly refuse: (datagram: Buffer) => void
  /** A port of the transfer's own, its transfer identifier. */
  readonly open: () => (datagram: Buffer) => void
  /** Called once. */
  readonly ended: (served: Served) => void
}

const SECOND_MS = 1_000

/** One file to one client. It knows no sockets: what arrives is given to {@link Transfer.receive}. */
export class Transfer {
  readonly #init: TransferInit
  readonly #abort = new AbortController()
  readonly #startedAt: number
  #state: State = 'AWAIT_FILE'
  #timer: Timer
  #send: (datagram: Buffer) => void
  #content: Buffer = Buffer.alloc(0)
  #blocks = new Blocks(this.#content)
  /** What the client asked to wait, from when on it has heard that it is granted. */
  #agreedSilenceMs: number | undefined
  /** The block that was sent last; 0 is the OACK. Counted on beyond 16 bits. */
  #block = 0
  #last: Buffer = Buffer.alloc(0)
  #tries = 0
  #detail: string | undefined

  constructor(init: TransferInit) {
    this.#init = init
    this.#send = init.refuse
    this.#startedAt = init.now()
    this.#timer = init.startTimer(
      () => this.#fail(`not there after ${init.options.sourceTimeoutMs} ms`),
      init.options.sourceTimeoutMs,
    )
  }

  start(): void {
    void this.#fetch()
  }

  /**
   * Whether the client repeats the request that this transfer answers: the first packet may be lost, the request may have come
   * twice. Who asks again while the last of several blocks is under way has the file, and wants it once more.
   */
  isSameRequest(request: PacketOf<'RRQ'>): boolean {
    const isAtEnd = this.#block > 1 && this.#block === this.#blocks.last
    return !isAtEnd && isDeepStrictEqual(request, this.#init.request)
  }

  /** A datagram of the client. */
  receive(datagram: Buffer): void {
    let packet: Packet
    try {
      packet = parsePacket(datagram)
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
      this.#step('NONSENSE', error.message)
      return
    }
    if (packet.name === 'ERROR')
      this.#step('CLIENT_ERROR', `error ${packet.errorCode}: ${packet.message.slice(0, MAX_NAME_LENGTH)}`)
    else if (packet.name !== 'ACK') this.#step('NONSENSE', `${packet.name} has no place in a transfer`)
    else this.#step(this.#ackEvent(packet.block))
  }

  /** The socket cannot be used. */
  broke(error: Error): void {
    this.#step('BROKEN', error.message)
  }

  /** The client asks for something else with the port that it had for this: the last acknowledgement was lost. */
  abandon(): void {
    this.#step('ABANDONED', 'the client uses its port for another request')
  }

  /** End now. */
  stop(): void {
    this.#step('STOP', 'the server stops')
  }

  async #fetch(): Promise<void> {
    const { request, source, remoteAddress } = this.#init
    const name = safeFileName(request.file)
    if (request.mode === 'mail') return this.#step('BAD_MODE', 'mail is not sent')
    if (name === undefined) return this.#step('BAD_NAME', 'this name is not served')
    try {
      const file = await source.get(name, { remoteAddress, signal: this.#abort.signal })
      if (!file) return this.#step('NOT_FOUND')
      this.#content = request.mode === 'netascii' ? toNetascii(file.bytes) : file.bytes
      this.#step('FILE')
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  #fail(detail: string): void {
    this.#step('FAILED', detail)
  }

  #ackEvent(block: number): Event {
    if (block !== wireNumber(this.#block)) return 'OLD_ACK'
    if (this.#block === this.#blocks.last) return 'LAST_ACK'
    return this.#init.now() - this.#startedAt > this.#init.options.transferTimeoutMs ? 'TOO_LONG' : 'ACK'
  }

  #step(event: Event, detail?: string): void {
    const taken = step(this.#state, event)
    if (!taken) return
    this.#state = taken.to
    this.#detail ??= detail
    if (taken.do === 'sendFirst') this.#sendFirst()
    else if (taken.do === 'sendNext') this.#sendBlock(this.#block + 1)
    else if (taken.do === 'sendAgain') this.#sendAgain()
    else if (taken.refusal) this.#send(formatRefusal(taken.refusal))
    if (taken.outcome) this.#end(taken.outcome)
  }

  #sendFirst(): void {
    const { open, options, request } = this.#init
    const agreed = agreeOn(request.options, { maxBlockBytes: options.maxBlockBytes, sizeBytes: this.#content.length })
    this.#blocks = new Blocks(this.#content, agreed.blockBytes)
    if (agreed.timeoutSeconds !== undefined) this.#agreedSilenceMs = agreed.timeoutSeconds * SECOND_MS
    // Whoever only pretends to be at this address does not hold the transfer for the time that the request asks for.
    this.#waitFor(Math.min(options.retransmitTimeoutMs, this.#agreedSilenceMs ?? Infinity))
    this.#send = open()
    if (Object.keys(agreed).length === 0) this.#sendBlock(1)
    else this.#sendNew(formatPacket({ name: 'OACK', options: writeTransferOptions(agreed) }))
  }

  #waitFor(silenceMs: number): void {
    this.#timer[Symbol.dispose]()
    this.#timer = this.#init.startTimer(() => this.#silence(), silenceMs)
  }

  #sendBlock(block: number): void {
    if (block === 1 && this.#agreedSilenceMs !== undefined) this.#waitFor(this.#agreedSilenceMs)
    this.#block = block
    this.#sendNew(this.#blocks.datagram(block))
  }

  #sendNew(datagram: Buffer): void {
    this.#last = datagram
    this.#tries = 0
    this.#sendAgain()
  }

  #sendAgain(): void {
    this.#tries += 1
    this.#timer.refresh()
    this.#send(this.#last)
  }

  #silence(): void {
    const { now, options } = this.#init
    const isOver = this.#tries >= options.maxTries || now() - this.#startedAt > options.transferTimeoutMs
    this.#step(isOver ? 'TOO_LONG' : 'SILENCE', isOver ? `block ${this.#block} was sent ${this.#tries} times` : undefined)
  }

  #end(outcome: Served['outcome']): void {
    const { request, remoteAddress, now, ended } = this.#init
    this.#timer[Symbol.dispose]()
    this.#abort.abort()
    ended({
      transport: 'tftp',
      remoteAddress,
      file: request.file.slice(0, MAX_NAME_LENGTH),
      outcome,
      bytes: this.#blocks.bytesTo(outcome === 'sent' ? this.#block : this.#block - 1),
      durationMs: now() - this.#startedAt,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
    })
  }
}
