import { PacketError } from './errors.ts'
import { type FieldCodec, lastText, mode, options, rest, text, u16 } from './fields.ts'

/** One row a packet: RFC 1350 section 5, OACK from RFC 2347. Fields are in wire order behind the opcode. */
export const TFTP_PACKETS = {
  RRQ: { opcode: 1, fields: { file: text, mode, options }, doc: 'I want to read this file.' },
  WRQ: { opcode: 2, fields: { file: text, mode, options }, doc: 'I want to write this file.' },
  DATA: { opcode: 3, fields: { block: u16, data: rest }, doc: 'One block; a short one is the last.' },
  ACK: { opcode: 4, fields: { block: u16 }, doc: 'This block, and all before it, arrived.' },
  ERROR: { opcode: 5, fields: { errorCode: u16, message: lastText }, doc: 'The transfer is over. Nobody answers it.' },
  OACK: { opcode: 6, fields: { options }, doc: 'These of your options, with these values.' },
} as const satisfies Record<string, PacketRow>

export type PacketRow = {
  readonly opcode: number
  readonly fields: Readonly<Record<string, FieldCodec<unknown>>>
  readonly doc: string
}

export type PacketName = keyof typeof TFTP_PACKETS

type Values<F> = { readonly [K in keyof F]: F[K] extends FieldCodec<infer T> ? T : never }

/** A packet, e.g. `{ name: 'ACK', block: 7 }`. Derived from the table, never written by hand. */
export type Packet = {
  [N in PacketName]: { readonly name: N } & Values<(typeof TFTP_PACKETS)[N]['fields']>
}[PacketName]

export type PacketOf<N extends PacketName> = Extract<Packet, { name: N }>

/** RFC 2347: what an implementation must be able to take of a request. */
export const MAX_REQUEST_BYTES = 512

const ROWS = Object.entries<PacketRow>(TFTP_PACKETS)
const isRequest = (name: string) => name === 'RRQ' || name === 'WRQ'

/**
 * Read one datagram. `data` of a DATA packet is a view of the given bytes, not a copy.
 *
 * @throws {PacketError} with the offset of what is wrong
 */
export const parsePacket = (bytes: Buffer): Packet => {
  const { value: opcode, end } = u16.read({ bytes, offset: 0, where: 'opcode' })
  const row = ROWS.find(([, row]) => row.opcode === opcode)
  if (!row) throw new PacketError('TFTP_UNKNOWN_OPCODE', { offset: 0, where: `opcode ${opcode}` })
  const [name, { fields }] = row
  if (isRequest(name) && bytes.length > MAX_REQUEST_BYTES)
    throw new PacketError('TFTP_REQUEST_TOO_LONG', { offset: MAX_REQUEST_BYTES, where: name })
  const packet: Record<string, unknown> = { name }
  let offset = end
  for (const [field, codec] of Object.entries(fields)) {
    const read = codec.read({ bytes, offset, where: `${name}.${field}` })
    packet[field] = read.value
    offset = read.end
  }
  if (offset < bytes.length) throw new PacketError('TFTP_TRAILING_BYTES', { offset, where: name })
  return packet as Packet
}

/** Write one datagram. @throws {PacketError} `TFTP_BAD_VALUE`, `TFTP_REQUEST_TOO_LONG`: always a mistake of the caller. */
export const formatPacket = (packet: Packet): Buffer => {
  const { opcode, fields } = TFTP_PACKETS[packet.name] as PacketRow
  const parts: Buffer[] = [Buffer.of(0, opcode)]
  let offset = 2
  for (const [field, codec] of Object.entries(fields)) {
    const part = codec.write((packet as Readonly<Record<string, unknown>>)[field])
    if (!part) throw new PacketError('TFTP_BAD_VALUE', { offset, where: `${packet.name}.${field}` })
    parts.push(part)
    offset += part.length
  }
  if (isRequest(packet.name) && offset > MAX_REQUEST_BYTES)
    throw new PacketError('TFTP_REQUEST_TOO_LONG', { offset: MAX_REQUEST_BYTES, where: packet.name })
  return Buffer.concat(parts, offset)
}
