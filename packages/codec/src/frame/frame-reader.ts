import type { DecodeOptions } from './decode.ts'
import { DecodeError } from './errors.ts'
import { type HeaderLayout, MAX_BODY_BYTES } from './protocol.ts'

/** Chunks of one frame that are kept apart. */
const MAX_CHUNKS = 64

export type FrameReaderOptions = DecodeOptions & {
  /** A longer frame is refused as soon as its header is seen, before its body is kept. Default: the format's own limit. */
  maxFrameBytes?: number
}

/**
 * Turns a stream of chunks, split anywhere, into messages [CAPF-1.4].
 *
 * Chunks are kept as they came and joined once, when a frame that spans several of them is complete; a frame inside one
 * chunk is read in place. After an error the stream has no known frame boundary any more: end the session.
 */
export class StreamReader<M> {
  readonly #header: HeaderLayout
  readonly #decode: (frame: Buffer, options: DecodeOptions) => M
  readonly #options: DecodeOptions
  readonly #maxFrameBytes: number
  #chunks: Buffer[] = []
  #bufferedBytes = 0
  #neededBytes: number

  constructor(
    protocol: { header: HeaderLayout; decode: (frame: Buffer, options: DecodeOptions) => M },
    { maxFrameBytes = protocol.header.bytes + MAX_BODY_BYTES, ...options }: FrameReaderOptions = {},
  ) {
    this.#header = protocol.header
    this.#decode = protocol.decode
    this.#neededBytes = protocol.header.bytes
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
  push(chunk: Buffer): M[] {
    if (chunk.length === 0) return []
    const { bytes: headerBytes, lengthAt } = this.#header
    if (this.#bufferedBytes === 0) this.#checkMagic(chunk)
    this.#chunks.push(chunk)
    // A peer that sends one byte at a time must not make us keep an object for each of them.
    if (this.#chunks.length >= MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
    this.#bufferedBytes += chunk.length
    const messages: M[] = []
    while (this.#bufferedBytes >= this.#neededBytes) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bufferedBytes)
      this.#chunks = [bytes]
      if (this.#neededBytes === headerBytes) {
        this.#neededBytes = headerBytes + bytes.readUInt16BE(lengthAt)
        if (this.#neededBytes > this.#maxFrameBytes)
          throw new DecodeError('CODEC_FRAME_TOO_LONG', { offset: lengthAt, where: 'frame' })
        if (this.#neededBytes > bytes.length) break
      }
      messages.push(this.#decode(bytes.subarray(0, this.#neededBytes), this.#options))
      const rest = bytes.subarray(this.#neededBytes)
      if (rest.length > 0) this.#checkMagic(rest)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#bufferedBytes = rest.length
      this.#neededBytes = headerBytes
    }
    return messages
  }

  /** The first byte of a frame is looked at as soon as it is there, whole header or not: garbage waits for nothing. */
  #checkMagic(bytes: Buffer): void {
    if (bytes[0] !== this.#header.magic) throw new DecodeError('CODEC_BAD_MAGIC', { offset: 0, where: 'frame' })
  }
}
