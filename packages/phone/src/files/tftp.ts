import type { RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'
import { formatPacket, type Packet, PacketError, parsePacket, TFTP_ERROR_CODES } from '@capfkit/codec/tftp'
import { BootError } from '../boot/errors.ts'
import type { BootOptions } from '../boot/options.ts'
import { Limits, networkError } from './limits.ts'
import { refusal, TftpReader } from './tftp-reader.ts'
import type { FileAnswer, FileRequest, Transfer, TransferNeeds } from './transfer.ts'

const read = (message: Buffer, where: string): Packet => {
  try {
    return parsePacket(message)
  } catch (error) {
    if (!(error instanceof PacketError)) throw error
    throw new BootError('BOOT_FILE_BROKEN', { where, detail: error.message })
  }
}

/** One transfer over one socket: sends what the reader says, and again when nothing comes. */
class TftpTransfer {
  readonly #request: FileRequest
  readonly #options: BootOptions
  readonly #socket: Socket
  readonly #reader: TftpReader
  /** The whole transfer, and one packet. */
  readonly #overall: Limits
  readonly #packet: Limits
  #settle: { resolve: (answer: FileAnswer) => void; reject: (error: unknown) => void } | undefined
  /** What was sent last, and how often. */
  #last: Buffer = Buffer.alloc(0)
  #tries = 0
  /** The port that answered; then packets of no other count (RFC 1350 4). */
  #peerPort: number | undefined

  constructor(request: FileRequest, { environment, options }: TransferNeeds) {
    this.#request = request
    this.#options = options
    this.#reader = new TftpReader({ request, options })
    this.#socket = environment.createUdpSocket()
    const { startTimer } = environment
    const { file: where, signal } = request
    this.#overall = new Limits({ startTimer, signal, where, stop: error => this.#fail(error) })
    this.#packet = new Limits({ startTimer, signal: undefined, where, stop: () => this.#send() })
  }

  /** @throws {BootError} */
  async run(): Promise<FileAnswer> {
    const socket = this.#socket
    try {
      return await new Promise<FileAnswer>((resolve, reject) => {
        this.#settle = { resolve, reject }
        socket.on('error', error => this.#fail(error))
        socket.on('message', (message, from) => this.#received(message, from))
        socket.once('listening', () => this.#begin())
        socket.bind(0, this.#request.localAddress)
      })
    } finally {
      this.#overall.clear()
      this.#packet.clear()
      const closed = once(socket, 'close')
      socket.close()
      await closed
    }
  }

  #begin(): void {
    this.#overall.within(this.#options.fileTimeoutMs, 'BOOT_FILE_TIMEOUT')
    this.#say(this.#reader.question)
  }

  #say(packet: Packet): void {
    this.#last = formatPacket(packet)
    this.#tries = 0
    this.#send()
  }

  #send(): void {
    const { tftpTries, tftpTimeoutMs, tftpPort } = this.#options
    if (this.#tries >= tftpTries) {
      const code = this.#peerPort === undefined ? 'BOOT_UNREACHABLE' : 'BOOT_FILE_TIMEOUT'
      this.#fail(new BootError(code, { where: this.#request.file, detail: `no packet after ${tftpTries} tries` }))
      return
    }
    this.#tries++
    this.#socket.send(this.#last, this.#peerPort ?? tftpPort, this.#request.host, error => error && this.#fail(error))
    this.#packet.within(tftpTimeoutMs, 'BOOT_FILE_TIMEOUT')
  }

  #received(message: Buffer, { address, port }: RemoteInfo): void {
    // Nobody can be answered at port 0: sending there throws.
    if (address !== this.#request.host || port === 0) return
    if (this.#peerPort !== undefined && port !== this.#peerPort) {
      this.#socket.send(formatPacket(refusal(TFTP_ERROR_CODES.unknownTransferId)), port, address, () => {})
      return
    }
    const { file: where } = this.#request
    try {
      const { send, file, missing, failure } = this.#reader.take(read(message, where))
      this.#peerPort = port
      const end = () => {
        if (failure) this.#fail(new BootError(failure.code, { where, detail: failure.detail }))
        else this.#settle?.resolve(file)
      }
      const isEnd = failure || file || missing
      if (!isEnd && send) this.#say(send)
      // The socket is closed behind the last packet, which must have left by then; nobody waits for an answer to it.
      else if (isEnd && send) this.#socket.send(formatPacket(send), port, address, end)
      else if (isEnd) end()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const otherwise = this.#peerPort === undefined ? 'BOOT_UNREACHABLE' : 'BOOT_FILE_BROKEN'
    this.#settle?.reject(networkError(error, { where: this.#request.file, otherwise }))
  }
}

/** TFTP over IPv4, usually on port 69 [BOOT-1.4]. */
export const getByTftp: Transfer = async (request, needs) => {
  if (request.signal?.aborted) throw new BootError('BOOT_ABORTED', { where: request.file })
  return new TftpTransfer(request, needs).run()
}
