import { DecodeError, decode, encode } from '@capfkit/codec/capf'
import type { RunRecord } from '@capfkit/codec/run'

/** Of one operation [RUN-1.4]. */
const MOST_BYTES = 32_768

type Write = { from: 'server' | 'client'; atMs: number; bytes: Buffer }

/** A frame of a phone without what nobody may see: the authentication string, byte for byte, as `*` [RUN-1.3]. */
export const blottedOut = (frame: Buffer): Buffer => {
  try {
    const message = decode(frame)
    if (message.name !== 'AUTH_RESPONSE' || message.password === undefined) return frame
    return encode({ ...message, password: '*'.repeat(Buffer.byteLength(message.password)) })
  } catch (error) {
    // A phone writes nothing but whole frames: what is none could hold anything.
    if (error instanceof DecodeError) return Buffer.alloc(0)
    throw error
  }
}

/** The last writes of a session while it runs, in case that it fails. */
export class SessionTape {
  readonly #now: () => number
  #writes: Write[] = []
  #bytes = 0
  #dropped = 0

  /** @param now  the clock that starts of operations are on, ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The oldest make room, the last one stays. */
  readonly hear = (from: Write['from'], bytes: Buffer): void => {
    this.#writes.push({ from, atMs: this.#now(), bytes })
    this.#bytes += bytes.length
    while (this.#bytes > MOST_BYTES && this.#writes.length > 1) {
      this.#bytes -= this.#writes.shift()!.bytes.length
      this.#dropped++
    }
  }

  /** What is on it, secrets blotted out, and nothing is on it any more. */
  take(startedMs: number): { frames: RunRecord<'Bytes'>[]; dropped: number } {
    const frames = this.#writes.map(({ from, atMs, bytes }) => {
      const fromClient = from === 'client'
      return { fromClient, atMs: atMs - startedMs, data: fromClient ? blottedOut(bytes) : bytes }
    })
    const dropped = this.#dropped
    this.clear()
    return { frames, dropped }
  }

  clear(): void {
    this.#writes = []
    this.#bytes = 0
    this.#dropped = 0
  }
}
