import { PacketError } from './errors.ts'

/** Where a field begins in its packet. */
export type Place = { readonly bytes: Buffer; readonly offset: number; readonly where: string }

/** How a field is laid out. */
export type FieldCodec<T> = {
  /** In words, for the protocol page. */
  readonly layout: string
  /** @throws {PacketError} */
  read(place: Place): { readonly value: T; readonly end: number }
  /** `undefined`: the value does not fit. */
  write(value: T): Buffer | undefined
}

export const MODES = ['octet', 'netascii', 'mail'] as const
export type Mode = (typeof MODES)[number]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const decodeText = ({ bytes, offset, where }: Place, end: number): string => {
  try {
    return utf8.decode(bytes.subarray(offset, end))
  } catch (cause) {
    throw new PacketError('TFTP_BAD_TEXT', { offset, where }, { cause })
  }
}

/** Would lone surrogates survive the way to bytes and back? They would not. */
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0') && value.isWellFormed()

export const u16: FieldCodec<number> = {
  layout: '2 bytes',
  read({ bytes, offset, where }) {
    if (offset + 2 > bytes.length) throw new PacketError('TFTP_TRUNCATED', { offset: bytes.length, where })
    return { value: bytes.readUInt16BE(offset), end: offset + 2 }
  },
  write(value) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) return undefined
    return Buffer.of(value >> 8, value & 0xff)
  },
}

export const text: FieldCodec<string> = {
  layout: 'text, 0',
  read(place) {
    const { bytes, offset, where } = place
    const nul = bytes.indexOf(0, offset)
    if (nul === -1) throw new PacketError('TFTP_TRUNCATED', { offset: bytes.length, where })
    return { value: decodeText(place, nul), end: nul + 1 }
  },
  write: value => (isText(value) ? Buffer.from(`${value}\0`) : undefined),
}

/** The words of an ERROR. Some senders leave the 0 out; what was refused must be heard all the same. */
export const lastText: FieldCodec<string> = {
  layout: 'text, 0',
  read(place) {
    const { bytes, offset } = place
    if (bytes.indexOf(0, offset) !== -1) return text.read(place)
    return { value: decodeText(place, bytes.length), end: bytes.length }
  },
  write: text.write,
}

/** In any case on the wire. */
export const mode: FieldCodec<Mode> = {
  layout: `text, 0: ${MODES.join(', ')}`,
  read(place) {
    const { value, end } = text.read(place)
    const known = MODES.find(mode => mode === value.toLowerCase())
    if (!known) throw new PacketError('TFTP_BAD_MODE', place)
    return { value: known, end }
  },
  write: value => (MODES.includes(value) ? text.write(value) : undefined),
}

export const rest: FieldCodec<Buffer> = {
  layout: 'all further bytes',
  read: ({ bytes, offset }) => ({ value: bytes.subarray(offset), end: bytes.length }),
  write: value => value,
}

/** Options by their name in lower case: RFC 2347 compares without case. What they mean is in `TRANSFER_OPTIONS`. */
export type RawOptions = Readonly<Record<string, string>>

export const options: FieldCodec<RawOptions> = {
  layout: 'name, 0, value, 0, …',
  read({ bytes, offset, where }) {
    const found = new Map<string, string>()
    let at = offset
    while (at < bytes.length) {
      const name = text.read({ bytes, offset: at, where })
      const key = name.value.toLowerCase()
      if (found.has(key)) throw new PacketError('TFTP_DUPLICATE_OPTION', { offset: at, where })
      const value = text.read({ bytes, offset: name.end, where: `${where}.${key}` })
      found.set(key, value.value)
      at = value.end
    }
    return { value: Object.fromEntries(found), end: at }
  },
  write(value) {
    const parts = Object.entries(value).flatMap(([name, value]) => [text.write(name.toLowerCase()), text.write(value)])
    const names = new Set(Object.keys(value).map(name => name.toLowerCase()))
    const all = parts.filter(part => part !== undefined)
    return all.length === parts.length && names.size * 2 === parts.length ? Buffer.concat(all) : undefined
  },
}
