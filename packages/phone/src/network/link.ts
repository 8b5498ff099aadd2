import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { StartTimer, Timer } from '../deadline.ts'
import type { NetworkConditions } from './conditions.ts'
import { delayMs, happens } from './conditions.ts'

/** Bytes on their way in one direction, and when they arrive; `end` is the FIN behind them. */
type Parcel = { readonly bytes: Buffer | 'end'; readonly dueMs: number; readonly arrived: () => void }

export type LinkInit = {
  readonly socket: Socket
  readonly conditions: NetworkConditions
  readonly random: () => number
  readonly now: () => number
  readonly startTimer: StartTimer
  /** Hears that the network, by its own mood, lost what was written. */
  readonly onLoss?: (() => void) | undefined
}

const NEVER = Number.POSITIVE_INFINITY
const MS_PER_SECOND = 1000

type LaneInit = Pick<LinkInit, 'conditions' | 'random' | 'now' | 'startTimer'> & { readonly bytesPerSecond: number }

/** One direction of a link: what goes in comes out later, in order, and never faster than its rate. */
class Lane {
  readonly #init: LaneInit
  readonly #deliver: (bytes: Buffer | 'end') => void
  readonly #queue: Parcel[] = []
  #timer: Timer | undefined
  /** Nothing arrives before this moment. */
  #openAtMs = 0
  #lastDueMs = 0

  constructor(init: LaneInit, deliver: (bytes: Buffer | 'end') => void) {
    this.#init = init
    this.#deliver = deliver
  }

  put(bytes: Buffer | 'end', arrived: () => void): void {
    const { conditions, random, now, bytesPerSecond } = this.#init
    const sendingMs = bytesPerSecond > 0 && bytes !== 'end' ? (bytes.length * MS_PER_SECOND) / bytesPerSecond : 0
    const dueMs = Math.max(now() + delayMs(conditions, random), this.#lastDueMs) + sendingMs
    this.#lastDueMs = dueMs
    this.#queue.push({ bytes, dueMs, arrived })
    if (this.#queue.length === 1) this.#next()
  }

  /** Let nothing through for this long. */
  hold(ms: number): void {
    this.#openAtMs = this.#init.now() + ms
    this.#next()
  }

  close(): void {
    this.#timer?.[Symbol.dispose]()
    this.#openAtMs = NEVER
    this.#queue.length = 0
  }

  #next(): void {
    const { now, startTimer } = this.#init
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    for (let parcel = this.#queue[0]; parcel; parcel = this.#queue[0]) {
      const waitMs = Math.max(parcel.dueMs, this.#openAtMs) - now()
      if (waitMs > 0) {
        if (waitMs < NEVER) this.#timer = startTimer(() => this.#next(), Math.ceil(waitMs))
        return
      }
      this.#queue.shift()
      this.#deliver(parcel.bytes)
      parcel.arrived()
    }
  }
}

/**
 * The network between a phone and a server: a stream in front of a TCP socket, through which bytes come late, slowly, in small
 * pieces, or not at all. TLS runs over it. Emits `connect` when the phone would see the answer to its SYN.
 */
export class Link extends Duplex {
  readonly #init: LinkInit
  readonly #socket: Socket
  readonly #out: Lane
  readonly #in: Lane
  #isSilent = false
  #isConnected = false
  #connecting: Timer | undefined
  /** What was written before the connection was there. */
  #early: (() => void) | undefined

  constructor(init: LinkInit) {
    super({ allowHalfOpen: true })
    this.#init = init
    const { socket, conditions } = init
    const { writeBytesPerSecond, readBytesPerSecond } = conditions
    this.#socket = socket
    this.#out = new Lane({ ...init, bytesPerSecond: writeBytesPerSecond }, bytes => this.#leave(bytes))
    this.#in = new Lane({ ...init, bytesPerSecond: readBytesPerSecond }, bytes => this.push(bytes === 'end' ? null : bytes))
    // One read at a time: what a slow phone has not taken stays in the socket, and in the end with the server.
    socket.on('error', error => this.destroy(error))
    socket.on('close', () => this.#closed())
    socket.once('connect', () => this.#answered())
    socket.on('data', bytes => this.#arrive(bytes))
    socket.once('end', () => this.#ended())
  }

  /** Nothing leaves the phone for this long, whatever it writes. */
  hold(ms: number): void {
    this.#out.hold(ms)
  }

  /** From now on nothing passes in either direction; that the far end has closed is still noticed. */
  silence(): void {
    this.#isSilent = true
    this.#socket.resume()
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #answered(): void {
    const { conditions, random, startTimer } = this.#init
    this.#socket.setNoDelay(true)
    // A SYN and its answer.
    const ms = delayMs(conditions, random) + delayMs(conditions, random)
    if (ms <= 0) this.#ready()
    else this.#connecting = startTimer(() => this.#ready(), ms)
  }

  #ready(): void {
    this.#isConnected = true
    this.emit('connect')
    this.#early?.()
    this.#early = undefined
  }

  /** The network's own mood, asked at each write of either side. @returns whether the bytes are lost. */
  #isLost(): boolean {
    const { conditions, random } = this.#init
    if (this.#isSilent) return true
    if (happens(conditions.resetPerWrite, random)) this.reset()
    else if (happens(conditions.silentPerWrite, random)) this.silence()
    else return false
    this.#init.onLoss?.()
    return true
  }

  #arrive(bytes: Buffer): void {
    if (this.#isLost()) return
    if (this.#init.conditions.readBytesPerSecond > 0) this.#socket.pause()
    this.#in.put(bytes, () => this.#socket.resume())
  }

  #ended(): void {
    if (this.#isSilent) this.destroy()
    else this.#in.put('end', () => {})
  }

  #closed(): void {
    if (this.#isSilent) this.destroy()
    else if (!this.#socket.readableEnded) this.destroy()
  }

  #leave(bytes: Buffer | 'end'): void {
    if (this.#isSilent) return
    if (bytes === 'end') this.#socket.end()
    else this.#socket.write(bytes)
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, written: (error?: Error | null) => void): void {
    if (!this.#isConnected) {
      this.#early = () => this._write(bytes, _, written)
      return
    }
    if (this.#isLost()) {
      written()
      return
    }
    const { segmentBytes } = this.#init.conditions
    if (segmentBytes === 0) this.#out.put(bytes, written)
    else this.#writeSegments(bytes, written)
  }

  /** Each segment leaves in a turn of its own: the kernel would put together what lies there at once. */
  #writeSegments(bytes: Buffer, written: () => void): void {
    const { segmentBytes } = this.#init.conditions
    const [first, rest] = [bytes.subarray(0, segmentBytes), bytes.subarray(segmentBytes)]
    this.#out.put(first, () => {
      if (rest.length === 0) written()
      else setImmediate(() => this.#writeSegments(rest, written))
    })
  }

  override _final(done: () => void): void {
    this.#out.put('end', done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connecting?.[Symbol.dispose]()
    this.#out.close()
    this.#in.close()
    this.#socket.destroy()
    done(error)
  }
}
