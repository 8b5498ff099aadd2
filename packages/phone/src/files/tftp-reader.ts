import {
  DEFAULT_BLOCK_BYTES,
  type Packet,
  readTransferOptions,
  TFTP_ERROR_CODES,
  type TransferOptions,
  writeTransferOptions,
} from '@capfkit/codec/tftp'
import type { BootErrorCode } from '../boot/errors.ts'
import type { BootOptions } from '../boot/options.ts'
import type { FileRequest } from './transfer.ts'

/** What to do about a packet: send this, and perhaps be done. Pure, so that it can be tested without a network. */
export type TftpStep = {
  readonly send?: Packet
  /** The whole file is here. */
  readonly file?: Buffer
  readonly missing?: true
  readonly failure?: { readonly code: BootErrorCode; readonly detail: string }
}

const { fileNotFound, illegalOperation, diskFull } = TFTP_ERROR_CODES
const BLOCK_NUMBERS = 65_536

export const refusal = (row: { number: number; text: string }): Packet => ({
  name: 'ERROR',
  errorCode: row.number,
  message: row.text,
})

/** The reader's side of one TFTP transfer (RFC 1350, 2347-2349): packets in, steps out; it knows no socket and no clock. */
export class TftpReader {
  readonly #request: Pick<FileRequest, 'file' | 'maxBytes'>
  readonly #asked: TransferOptions
  readonly #blocks: Buffer[] = []
  #blockBytes = DEFAULT_BLOCK_BYTES
  #length = 0
  #hasAnswer = false

  constructor(init: { request: Pick<FileRequest, 'file' | 'maxBytes'>; options: BootOptions }) {
    const { tftpBlockBytes, tftpTimeoutMs } = init.options
    this.#request = init.request
    this.#asked = {
      ...(tftpBlockBytes === DEFAULT_BLOCK_BYTES ? {} : { blockBytes: tftpBlockBytes }),
      ...(tftpTimeoutMs % 1000 === 0 ? { timeoutSeconds: tftpTimeoutMs / 1000 } : {}),
      sizeBytes: 0,
    }
  }

  /** The first packet of all. */
  get question(): Packet {
    return { name: 'RRQ', file: this.#request.file, mode: 'octet', options: writeTransferOptions(this.#asked) }
  }

  /** The next step; `{}` for a packet that is a copy of an older one. */
  take(packet: Packet): TftpStep {
    if (packet.name === 'DATA') return this.#data(packet.block, packet.data)
    if (packet.name === 'OACK') return this.#options(readTransferOptions(packet.options))
    if (packet.name === 'ERROR') return this.#error(packet.errorCode, packet.message)
    const detail = `${packet.name} in the place of a block`
    return { send: refusal(illegalOperation), failure: { code: 'BOOT_FILE_BROKEN', detail } }
  }

  #options({ blockBytes = DEFAULT_BLOCK_BYTES, sizeBytes = 0 }: TransferOptions): TftpStep {
    const acknowledgement = { name: 'ACK', block: 0 } as const
    if (this.#hasAnswer) return this.#blocks.length === 0 ? { send: acknowledgement } : {}
    if (blockBytes > (this.#asked.blockBytes ?? DEFAULT_BLOCK_BYTES)) {
      const detail = `a block of ${blockBytes} bytes was not asked for`
      return { send: refusal(TFTP_ERROR_CODES.optionRefused), failure: { code: 'BOOT_FILE_BROKEN', detail } }
    }
    if (sizeBytes > this.#request.maxBytes) return this.#tooLarge(sizeBytes)
    this.#hasAnswer = true
    this.#blockBytes = blockBytes
    return { send: acknowledgement }
  }

  #data(block: number, data: Buffer): TftpStep {
    const expected = (this.#blocks.length + 1) % BLOCK_NUMBERS
    // The acknowledgement of the block before was lost. Older copies are nobody's business (RFC 1123 4.2.3.1).
    if (this.#blocks.length > 0 && block === (expected + BLOCK_NUMBERS - 1) % BLOCK_NUMBERS) return { send: { name: 'ACK', block } }
    if (block !== expected) return {}
    if (data.length > this.#blockBytes) {
      const detail = `a block of ${data.length} bytes, where ${this.#blockBytes} were agreed`
      return { send: refusal(illegalOperation), failure: { code: 'BOOT_FILE_BROKEN', detail } }
    }
    this.#hasAnswer = true
    this.#length += data.length
    if (this.#length > this.#request.maxBytes) return this.#tooLarge(this.#length)
    this.#blocks.push(data)
    const send = { name: 'ACK', block } as const
    return data.length < this.#blockBytes ? { send, file: Buffer.concat(this.#blocks, this.#length) } : { send }
  }

  #error(errorCode: number, message: string): TftpStep {
    if (errorCode === fileNotFound.number) return { missing: true }
    return { failure: { code: 'BOOT_FILE_REFUSED', detail: `TFTP error ${errorCode}: ${message.slice(0, 100)}` } }
  }

  #tooLarge(bytes: number): TftpStep {
    const detail = `${bytes} of ${this.#request.maxBytes} bytes`
    return { send: refusal(diskFull), failure: { code: 'BOOT_FILE_TOO_LARGE', detail } }
  }
}
