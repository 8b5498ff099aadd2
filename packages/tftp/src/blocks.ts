import { DEFAULT_BLOCK_BYTES, formatPacket, type RawOptions, readTransferOptions, type TransferOptions } from '@capfkit/codec/tftp'

/** Block numbers have 16 bits; behind the last one comes 0, as clients expect it where RFC 1350 says nothing. */
export const wireNumber = (block: number): number => block & 0xffff

/** Of what a client asks for, what it gets: RFC 2347. */
export const agreeOn = (
  asked: RawOptions,
  { maxBlockBytes, sizeBytes }: { maxBlockBytes: number; sizeBytes: number },
): TransferOptions => {
  const { blockBytes, timeoutSeconds, sizeBytes: askedSize } = readTransferOptions(asked)
  return {
    ...(blockBytes === undefined ? {} : { blockBytes: Math.min(blockBytes, maxBlockBytes) }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(askedSize === undefined ? {} : { sizeBytes }),
  }
}

/** A file cut into blocks, counted from 1 and beyond 16 bits. */
export class Blocks {
  readonly #content: Buffer
  readonly #blockBytes: number

  constructor(content: Buffer, blockBytes = DEFAULT_BLOCK_BYTES) {
    this.#content = content
    this.#blockBytes = blockBytes
  }

  /** A file that fills its last block is followed by an empty one. */
  get last(): number {
    return Math.floor(this.#content.length / this.#blockBytes) + 1
  }

  datagram(block: number): Buffer {
    const start = (block - 1) * this.#blockBytes
    const data = this.#content.subarray(start, start + this.#blockBytes)
    return formatPacket({ name: 'DATA', block: wireNumber(block), data })
  }

  /** Bytes of the blocks from the first to this one. */
  bytesTo(block: number): number {
    return Math.min(this.#content.length, Math.max(0, block) * this.#blockBytes)
  }
}
