import { type DecodeOptions, decode } from './decode.ts'
import { DecodeError } from './errors.ts'
import { HEADER_BYTES, MAGIC, MAX_FRAME_BYTES } from './frame.ts'
import type { Message } from './messages.ts'

/** Chunks of one frame that are kept apart. */
const MAX_CHUNKS = 64

export type FrameReaderOptions = DecodeOptions & {
  /** A longer frame is refused as soon as its header is seen, before its body is kept. Default 65543, the format's own limit. */
  maxFrameBytes?: number
}

/** The first byte of a frame is looked at as soon as it is there, whole header or not: garbage waits for nothing. */
const checkMagic = (bytes: Buffer) => {
  if (bytes[0] !== MAGIC) throw new DecodeError('CODEC_BAD_MAGIC', { offset: 0, where: 'frame' })
}

/**
 * Turns a stream of chunks, split anywhere, into messages [CAPF-1.4].
 *
 * Chunks are kept as they came and joined once, when a frame that spans several of them is complete; a frame inside one
 * chunk is read in place. After an error the stream has no known frame boundary any more: end the session.
 */
export class FrameReader {
  readonly #options: DecodeOptions
  readonly #maxFrameBytes: number
  #chunks: Buffer[] = []
  #bufferedBytes = 0
  #neededBytes = HEADER_BYTES

  constructor({ maxFrameBytes = MAX_FRAME_BYTES, ...options }: FrameReaderOptions = {}) {
    this.#maxFrameBytes = maxFrameBytes
    this.#options = options
  }

  /** Bytes of an unfinished frame; not 0 at the end of the stream means that the peer stopped inside a frame. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /**
   * Take the next chunk and return the messages that it completes, in order.
   *
   * @throws {DecodeError} for the first bad frame; messages before it in the same chunk go with it, as the session does.
   */
  push(chunk: Buffer): Message[] {
    if (chunk.length === 0) return []
    if (this.#bufferedBytes === 0) checkMagic(chunk)
    this.#chunks.push(chunk)
    // A peer that sends one byte at a time must not make us keep an object for each of them.
    if (this.#chunks.length >= MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
    this.#bufferedBytes += chunk.length
    const messages: Message[] = []
    while (this.#bufferedBytes >= this.#neededBytes) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bufferedBytes)
      this.#chunks = [bytes]
      if (this.#neededBytes === HEADER_BYTES) {
        this.#neededBytes = HEADER_BYTES + bytes.readUInt16BE(6)
        if (this.#neededBytes > this.#maxFrameBytes) throw new DecodeError('CODEC_FRAME_TOO_LONG', { offset: 6, where: 'frame' })
        if (this.#neededBytes > bytes.length) break
      }
      messages.push(decode(bytes.subarray(0, this.#neededBytes), this.#options))
      const rest = bytes.subarray(this.#neededBytes)
      if (rest.length > 0) checkMagic(rest)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#bufferedBytes = rest.length
      this.#neededBytes = HEADER_BYTES
    }
    return messages
  }
}
