import { TlvError } from './errors.ts'

/** Where one value stands: `bytes[start..end)` of the whole file. */
export type Place = { readonly bytes: Buffer; readonly start: number; readonly end: number; readonly where: string }

/** How a value is laid out. `write` gives the bytes, or throws when the value does not fit. */
export type ValueCodec<T> = {
  /** What the docs call it, e.g. `u16`. */
  readonly layout: string
  read(place: Place): T
  write(value: T, where: string): Buffer
}

export const tlvError = (code: ConstructorParameters<typeof TlvError>[0], { start, where }: Pick<Place, 'start' | 'where'>) =>
  new TlvError(code, { offset: start, where })

const unsigned = (size: 1 | 2 | 4): ValueCodec<number> => ({
  layout: `u${8 * size}`,
  read: place => {
    if (place.end - place.start !== size) throw tlvError('TLV_BAD_LENGTH', place)
    return place.bytes.readUIntBE(place.start, size)
  },
  write: (value, where) => {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) throw tlvError('TLV_BAD_VALUE', { start: 0, where })
    const out = Buffer.allocUnsafe(size)
    out.writeUIntBE(value, 0, size)
    return out
  },
})

export const u8 = unsigned(1)
export const u16 = unsigned(2)
export const u32 = unsigned(4)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isAscii = ({ bytes, start, end }: Place): boolean => {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return false
  return true
}

/** Text with one NUL behind it, which the length counts. A blank name is a NUL, or something blank before one. */
export const text: ValueCodec<string> = {
  layout: 'text, NUL',
  read: place => {
    const { bytes, start, end } = place
    if (end === start || bytes[end - 1] !== 0) throw tlvError('TLV_BAD_TEXT', place)
    // Names are nearly always ASCII, which needs no decoder.
    if (isAscii(place)) return bytes.toString('latin1', start, end - 1)
    try {
      return utf8.decode(bytes.subarray(start, end - 1))
    } catch (cause) {
      throw new TlvError('TLV_BAD_TEXT', { offset: start, where: place.where }, { cause })
    }
  },
  write: (value, where) => {
    if (!value.isWellFormed()) throw tlvError('TLV_BAD_TEXT', { start: 0, where })
    return Buffer.from(`${value}\0`, 'utf8')
  },
}

/** A view into the file, not a copy. */
export const bytes: ValueCodec<Buffer> = {
  layout: 'bytes',
  read: ({ bytes, start, end }) => bytes.subarray(start, end),
  write: value => value,
}

export type Version = { readonly major: number; readonly minor: number }

export const version: ValueCodec<Version> = {
  layout: 'u8 major, u8 minor',
  read: place => {
    const number = u16.read(place)
    return { major: number >> 8, minor: number & 0xff }
  },
  write: ({ major, minor }, where) => u16.write(Math.max(major * 256, 0) + minor, where),
}

/** IPv4 in four bytes, as dotted text. */
export const ipv4: ValueCodec<string> = {
  layout: '4 bytes',
  read: place => {
    if (place.end - place.start !== 4) throw tlvError('TLV_BAD_LENGTH', place)
    return [...place.bytes.subarray(place.start, place.end)].join('.')
  },
  write: (value, where) => {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value)?.slice(1).map(Number) ?? []
    if (parts.length !== 4 || parts.some(part => part > 255)) throw tlvError('TLV_BAD_VALUE', { start: 0, where })
    return Buffer.from(parts)
  },
}
