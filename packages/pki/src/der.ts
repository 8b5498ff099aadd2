/** The identifier octets that this package writes and reads (X.690 §8.1.2). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
} as const

/** `[number]` with content that is itself DER (constructed). */
export const contextTag = (number: number) => 0xa0 | number

/** One tag, the shortest definite length, and the parts one after the other. The only place that allocates. */
export const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  let length = 0
  for (const part of parts) length += part.length
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5
  const out = Buffer.allocUnsafe(header + length)
  out[0] = tag
  if (header === 2) out[1] = length
  else {
    out[1] = 0x80 | (header - 2)
    out.writeUIntBE(length, 2, header - 2)
  }
  let at = header
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const sequence = (...parts: readonly Uint8Array[]) => tlv(TAG.sequence, ...parts)

/** SET OF: DER wants the elements sorted by their bytes (X.690 §11.6). */
export const set = (...parts: readonly Uint8Array[]) => tlv(TAG.set, ...[...parts].sort(Buffer.compare))

/** An unsigned integer; a buffer is big-endian and may have any number of leading zeros. */
export const integer = (value: number | Buffer): Buffer => {
  const bytes = typeof value === 'number' ? Buffer.from(value.toString(16).padStart(12, '0'), 'hex') : value
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  const first = digits[0]
  return first === undefined || first >= 0x80 ? tlv(TAG.integer, Buffer.of(0), digits) : tlv(TAG.integer, digits)
}

/** `1.2.840.113549` and so on, as the content octets of X.690 §8.19. */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const septets = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) septets.unshift((left % 128) | 0x80)
    bytes.push(...septets)
  }
  return tlv(TAG.oid, Buffer.from(bytes))
}

export const boolean = (value: boolean) => tlv(TAG.boolean, Buffer.of(value ? 0xff : 0))
export const nothing = () => tlv(TAG.null)
export const utf8 = (text: string) => tlv(TAG.utf8String, Buffer.from(text, 'utf8'))
export const printable = (text: string) => tlv(TAG.printableString, Buffer.from(text, 'latin1'))
export const ia5 = (text: string) => tlv(TAG.ia5String, Buffer.from(text, 'latin1'))
export const octetString = (...parts: readonly Uint8Array[]) => tlv(TAG.octetString, ...parts)
/** `unusedBits` are those at the end of the last byte. */
export const bitString = (bytes: Uint8Array, unusedBits = 0) => tlv(TAG.bitString, Buffer.of(unusedBits), bytes)
export const explicit = (number: number, ...content: readonly Uint8Array[]) => tlv(contextTag(number), ...content)

/** UTCTime before 2050 and GeneralizedTime from then on, whole seconds (RFC 5280 §4.1.2.5). */
export const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14)
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? tlv(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`, 'latin1'))
    : tlv(TAG.generalizedTime, Buffer.from(`${digits}Z`, 'latin1'))
}
