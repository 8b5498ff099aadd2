import { parseOptions } from '@capfkit/codec/options'
import { formatPacket, type Packet, type PacketOf, parsePacket, type RawOptions } from '@capfkit/codec/tftp'
import type { FileSource } from '../src/file-source.ts'
import { FILE_SERVER_OPTIONS, type FileServerOptions } from '../src/options.ts'
import type { Served } from '../src/served.ts'
import { Transfer } from '../src/transfer.ts'
import { TurnedClock } from './turned-clock.ts'

export const ACK = (block: number): Buffer => formatPacket({ name: 'ACK', block })

export type HarnessInit = {
  /** What the file has; `undefined`: there is none; an error: it cannot be had; `never`: it does not come. */
  content?: Buffer | undefined | Error | 'never'
  file?: string
  mode?: PacketOf<'RRQ'>['mode']
  asked?: RawOptions
  options?: Partial<FileServerOptions>
}

/** One transfer without sockets: what it sends is kept, the clock is turned by the test. */
export class TransferHarness {
  readonly clock = new TurnedClock()
  readonly transfer: Transfer
  readonly sent: Packet[] = []
  readonly served: Served[] = []
  /** Whether the source was told that nobody waits any more. */
  signal: AbortSignal | undefined
  opened = 0

  constructor({ content, file = 'ITLFile.tlv', mode = 'octet', asked = {}, options }: HarnessInit) {
    const source: FileSource = {
      get: async (_name, { signal }) => {
        this.signal = signal
        if (content === 'never') return new Promise(() => {})
        if (content instanceof Error) throw content
        return content && { bytes: content, etag: 'x' }
      },
    }
    const send = (datagram: Buffer) => void this.sent.push(parsePacket(Buffer.from(datagram)))
    this.transfer = new Transfer({
      request: { name: 'RRQ', file, mode, options: asked },
      remoteAddress: '192.0.2.1',
      source,
      options: parseOptions(FILE_SERVER_OPTIONS, options),
      now: this.clock.now,
      startTimer: this.clock.startTimer,
      refuse: send,
      open: () => {
        this.opened += 1
        return send
      },
      ended: served => void this.served.push(served),
    })
  }

  /** Begin, and wait until the source has answered. */
  async begin(): Promise<this> {
    this.transfer.start()
    await new Promise(resolve => setImmediate(resolve))
    return this
  }

  /** What was sent since the last call. */
  take(): Packet[] {
    return this.sent.splice(0)
  }

  ack(block: number): Packet[] {
    this.transfer.receive(ACK(block))
    return this.take()
  }
}
