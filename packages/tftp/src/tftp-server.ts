import { type Packet, PacketError, type PacketOf, parsePacket, TFTP_PACKETS } from '@capfkit/codec/tftp'
import type { Address } from '@capfkit/listen'
import { DatagramPort } from './datagram-port.ts'
import { type FileSource, MAX_NAME_LENGTH } from './file-source.ts'
import type { FileServerOptions } from './options.ts'
import { formatRefusal, type Refusal } from './sending.ts'
import type { Served } from './served.ts'
import { type Timer, Transfer } from './transfer.ts'

export type TftpServerInit = Address & {
  readonly source: FileSource
  readonly options: FileServerOptions
  readonly onServed: (served: Served) => void
  /** The port that is asked had a failure. */
  readonly onError: (error: Error) => void
  readonly now: () => number
  readonly startTimer: (callback: () => void, ms: number) => Timer
}

/** What opens no transfer is told so. */
const REFUSALS: Readonly<Partial<Record<Packet['name'], Refusal>>> = {
  WRQ: { error: 'accessViolation', words: 'This server is read only' },
  DATA: { error: 'illegalOperation' },
  OACK: { error: 'illegalOperation' },
}

const isError = (datagram: Buffer) => datagram.length >= 2 && datagram.readUInt16BE(0) === TFTP_PACKETS.ERROR.opcode

const keyOf = ({ host, port }: Address) => `${host} ${port}`

/** A TFTP server, read only: RFC 1350 with the options of RFC 2347, 2348 and 2349. Each transfer has a port of its own. */
export class TftpServer {
  readonly #init: TftpServerInit
  readonly #port: DatagramPort
  /** By the transfer identifier of the client. */
  readonly #transfers = new Map<string, { transfer: Transfer; port: DatagramPort | undefined }>()
  readonly #byAddress = new Map<string, number>()
  #idle: (() => void) | undefined
  #isDraining = false
  #address: Address | undefined

  constructor(init: TftpServerInit) {
    this.#init = init
    const { host, port } = init
    this.#port = new DatagramPort({
      host,
      port,
      onMessage: (datagram, from) => this.#receive(datagram, from),
      onError: init.onError,
    })
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED` */
  async listen(): Promise<void> {
    await this.#port.listen()
    this.#address = this.#port.address
  }

  /** With the port that was picked for port 0. */
  get address(): Address {
    return this.#address ?? this.#init
  }

  /** Transfers at this moment. */
  get transfers(): number {
    return this.#transfers.size
  }

  #receive(datagram: Buffer, from: Address): void {
    // Nobody ever answers an ERROR, or two servers could go on for ever.
    if (isError(datagram) || this.#isDraining) return
    let packet: Packet
    try {
      packet = parsePacket(datagram)
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
      this.#refuse(from, { file: '', refusal: { error: 'illegalOperation' }, detail: error.message })
      return
    }
    // The client of many systems, tftp-hpa, acknowledges a refusal: it would take an answer for that to its next request.
    if (packet.name === 'ACK') return
    if (packet.name === 'RRQ') this.#start(packet, from)
    else {
      const file = packet.name === 'WRQ' ? packet.file : ''
      this.#refuse(from, { file, refusal: REFUSALS[packet.name]!, detail: `${packet.name} opens no transfer here` })
    }
  }

  #refuse(to: Address, { file, refusal, detail }: { file: string; refusal: Refusal; detail: string }): void {
    this.#port.send(formatRefusal(refusal), to)
    this.#tell({ remoteAddress: to.host, file, outcome: 'refused', detail })
  }

  #tell(told: Pick<Served, 'remoteAddress' | 'file' | 'outcome' | 'detail'>): void {
    this.#init.onServed({ transport: 'tftp', bytes: 0, durationMs: 0, ...told, file: told.file.slice(0, MAX_NAME_LENGTH) })
  }

  #start(request: PacketOf<'RRQ'>, client: Address): void {
    const key = keyOf(client)
    const running = this.#transfers.get(key)
    if (running?.transfer.isSameRequest(request)) return
    running?.transfer.abandon()
    const { options, source, now, startTimer } = this.#init
    const fromAddress = this.#byAddress.get(client.host) ?? 0
    if (this.#transfers.size >= options.maxTransfers || fromAddress >= options.maxTransfersPerAddress) {
      this.#tell({ remoteAddress: client.host, file: request.file, outcome: 'busy' })
      return
    }
    this.#byAddress.set(client.host, fromAddress + 1)
    const transfer = new Transfer({
      request,
      remoteAddress: client.host,
      source,
      options,
      now,
      startTimer,
      refuse: datagram => this.#port.send(datagram, client),
      open: () => this.#openPort(transfer, client),
      ended: served => this.#ended(served, client),
    })
    this.#transfers.set(key, { transfer, port: undefined })
    transfer.start()
  }

  #openPort(transfer: Transfer, client: Address): (datagram: Buffer) => void {
    const key = keyOf(client)
    const port = new DatagramPort({
      host: this.#init.host,
      port: 0,
      onMessage: (datagram, from) => {
        if (keyOf(from) === key) transfer.receive(datagram)
        // RFC 1350 section 4: somebody else is told, and the transfer goes on.
        else if (!isError(datagram)) port.send(formatRefusal({ error: 'unknownTransferId' }), from)
      },
      onError: error => transfer.broke(error),
    }).open()
    this.#transfers.set(key, { transfer, port })
    return datagram => port.send(datagram, client)
  }

  #ended(served: Served, client: Address): void {
    const key = keyOf(client)
    this.#transfers.get(key)?.port?.close()
    this.#transfers.delete(key)
    const left = (this.#byAddress.get(client.host) ?? 1) - 1
    if (left > 0) this.#byAddress.set(client.host, left)
    else this.#byAddress.delete(client.host)
    this.#init.onServed(served)
    if (this.#transfers.size === 0) this.#idle?.()
  }

  /** Take no more requests, let transfers end for `drainTimeoutMs`, then end those that are left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#isDraining = true
    if (this.#transfers.size > 0) {
      const idle = new Promise<void>(resolve => {
        this.#idle = resolve
      })
      using _cut = this.#init.startTimer(() => this.cut(), drainTimeoutMs)
      await idle
    }
    this.#port.close()
  }

  /** End every transfer now. */
  cut(): void {
    for (const { transfer } of [...this.#transfers.values()]) transfer.stop()
  }
}
