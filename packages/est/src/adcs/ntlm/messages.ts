import { NtlmFormatError } from './errors.ts'

/** `payload` fields are lengths and an offset in the fixed part, with their bytes behind it (MS-NLMP 2.2.1). */
type FieldKind = 'u32' | 'payload' | 8 | 16

const u32 = 'u32' as const
const payload = 'payload' as const

/**
 * The three messages, fields in wire order behind signature and type. From `optionalFrom` on, fields may be missing: older
 * clients leave them out, and the first byte of the payload says where the fixed part ends.
 */
export const NTLM_MESSAGES = {
  NEGOTIATE: {
    type: 1,
    fields: { flags: u32, domain: payload, workstation: payload, version: 8 },
    optionalFrom: 'domain',
  },
  CHALLENGE: {
    type: 2,
    fields: { targetName: payload, flags: u32, serverChallenge: 8, reserved: 8, targetInfo: payload, version: 8 },
    optionalFrom: 'reserved',
  },
  AUTHENTICATE: {
    type: 3,
    fields: {
      lmResponse: payload,
      ntResponse: payload,
      domain: payload,
      user: payload,
      workstation: payload,
      sessionKey: payload,
      flags: u32,
      version: 8,
      mic: 16,
    },
    optionalFrom: 'sessionKey',
  },
} as const satisfies Record<string, { type: number; fields: Record<string, FieldKind>; optionalFrom: string }>

export type NtlmMessageName = keyof typeof NTLM_MESSAGES

type FieldsOf<N extends NtlmMessageName> = (typeof NTLM_MESSAGES)[N]['fields']
type Values<F> = { -readonly [K in keyof F]?: F[K] extends 'u32' ? number : Buffer }
/** Fields that are missing in the bytes are missing here; when writing, they are zeros. */
export type NtlmMessage<N extends NtlmMessageName> = Values<FieldsOf<N>>

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')
const HEADER_BYTES = 12
/** Names and pairs of a domain have some hundred bytes. */
export const MAX_NTLM_BYTES = 8_192

const sizeOf = (kind: FieldKind): number => (kind === 'u32' ? 4 : kind === 'payload' ? 8 : kind)

/** Where each field of a message begins. */
const layoutOf = (name: NtlmMessageName) => {
  let at = HEADER_BYTES
  return Object.entries<FieldKind>(NTLM_MESSAGES[name].fields).map(([field, kind]) => {
    const row = { field, kind, offset: at }
    at += sizeOf(kind)
    return row
  })
}

/** Byte at which the message integrity code of AUTHENTICATE stands, where there is one. */
export const MIC_OFFSET = layoutOf('AUTHENTICATE').find(({ field }) => field === 'mic')!.offset

/** One message, every field written. */
export const formatNtlm = <N extends NtlmMessageName>(name: N, message: NtlmMessage<N>): Buffer => {
  const values = message as Readonly<Record<string, number | Buffer | undefined>>
  const layout = layoutOf(name)
  const last = layout.at(-1)!
  const fixed = Buffer.alloc(last.offset + sizeOf(last.kind))
  SIGNATURE.copy(fixed)
  fixed.writeUInt32LE(NTLM_MESSAGES[name].type, 8)
  const parts: Buffer[] = [fixed]
  let end = fixed.length
  for (const { field, kind, offset } of layout) {
    const value = values[field]
    if (kind === 'u32') fixed.writeUInt32LE((value as number | undefined) ?? 0, offset)
    else if (kind !== 'payload') (value as Buffer | undefined)?.copy(fixed, offset, 0, kind)
    else {
      const bytes = (value as Buffer | undefined) ?? Buffer.alloc(0)
      fixed.writeUInt16LE(bytes.length, offset)
      fixed.writeUInt16LE(bytes.length, offset + 2)
      fixed.writeUInt32LE(end, offset + 4)
      parts.push(bytes)
      end += bytes.length
    }
  }
  return Buffer.concat(parts)
}

const payloadAt = (bytes: Buffer, offset: number, where: string): { start: number; value: Buffer } => {
  const [length, start] = [bytes.readUInt16LE(offset), bytes.readUInt32LE(offset + 4)]
  if (length > 0 && start + length > bytes.length) throw new NtlmFormatError(where, offset)
  return { start: length > 0 ? start : bytes.length, value: bytes.subarray(start, start + length) }
}

/**
 * Takes a message apart; buffers are views into it.
 *
 * @throws {NtlmFormatError} another signature or type, a field that is cut, a length that lies, more than 8 KiB.
 */
export const parseNtlm = <N extends NtlmMessageName>(name: N, bytes: Buffer): NtlmMessage<N> => {
  if (bytes.length > MAX_NTLM_BYTES) throw new NtlmFormatError(name, MAX_NTLM_BYTES)
  const hasHeader = bytes.length >= HEADER_BYTES && bytes.subarray(0, 8).equals(SIGNATURE)
  if (!hasHeader || bytes.readUInt32LE(8) !== NTLM_MESSAGES[name].type) throw new NtlmFormatError(name, 0)
  const values: Record<string, number | Buffer> = {}
  let isOptional = false
  let fixedEnd = bytes.length
  for (const { field, kind, offset } of layoutOf(name)) {
    const where = `${name}.${field}`
    isOptional ||= field === NTLM_MESSAGES[name].optionalFrom
    if (offset + sizeOf(kind) > fixedEnd) {
      if (!isOptional) throw new NtlmFormatError(where, offset)
      break
    }
    if (kind === 'u32') values[field] = bytes.readUInt32LE(offset)
    else if (kind === 'payload') {
      const { start, value } = payloadAt(bytes, offset, where)
      fixedEnd = Math.min(fixedEnd, start)
      values[field] = value
    } else values[field] = bytes.subarray(offset, offset + kind)
  }
  return values as NtlmMessage<N>
}

/** The type of what may be an NTLM message: 1, 2, 3, or nothing known. */
export const ntlmTypeOf = (bytes: Buffer): number | undefined =>
  bytes.length >= HEADER_BYTES && bytes.subarray(0, 8).equals(SIGNATURE) ? bytes.readUInt32LE(8) : undefined

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const MAX_BASE64 = Math.ceil(MAX_NTLM_BYTES / 3) * 4

/** The bytes of an NTLM token in an HTTP header. @throws {NtlmFormatError} not base64, or too long. */
export const ntlmToken = (text: string): Buffer => {
  if (text.length > MAX_BASE64 || !BASE64.test(text)) throw new NtlmFormatError('base64', 0)
  return Buffer.from(text, 'base64')
}
