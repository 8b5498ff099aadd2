import { EncodeError } from '../frame/errors.ts'
import { fail, u8, type ValueCodec } from '../frame/values.ts'

/** The DER of a certificate and which kind the sender says it is: 1 LSC, 2 MIC [CAPF-2.2]. */
export type CertificateValue = { certificateType: number; certificateDer: Buffer }

/** A certificate from the manufacturer with two signatures that cannot be replayed [CAPF-4.3]. */
export type SudiValue = { certificateDer: Buffer; sha1Signature?: Buffer; sha512Signature?: Buffer }

/** A signature with the number of its hash: 1 SHA-1, 2 SHA-256, 3 SHA-512 [CAPF-2.2]. */
export type HashedSignature = { digestType: number; signature: Buffer }

export const certificate: ValueCodec<CertificateValue> = {
  layout: '01, u16 (DER length + 2), 00, u8 type, DER',
  read: field => {
    const { frame, start, end } = field
    if (end - start < 5) fail('CODEC_TRUNCATED', field)
    if (frame[start] !== 1) fail('CODEC_BAD_VALUE', field)
    if (frame.readUInt16BE(start + 1) !== end - start - 3) fail('CODEC_BAD_LENGTH', field, start + 1)
    if (frame[start + 3] !== 0) fail('CODEC_BAD_VALUE', field, start + 3)
    return { certificateType: frame.readUInt8(start + 4), certificateDer: frame.subarray(start + 5, end) }
  },
  write: ({ certificateType, certificateDer }, where) => {
    const length = certificateDer.length + 2
    if (length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.concat([Buffer.of(1, length >> 8, length & 0xff, 0), u8.write(certificateType, where), certificateDer])
  },
}

export const hashedSignature: ValueCodec<HashedSignature> = {
  layout: 'u8 hash, u16 length, signature',
  read: field => {
    const { frame, start, end } = field
    if (end - start < 3) fail('CODEC_TRUNCATED', field)
    if (frame.readUInt16BE(start + 1) !== end - start - 3) fail('CODEC_BAD_LENGTH', field, start + 1)
    return { digestType: frame.readUInt8(start), signature: frame.subarray(start + 3, end) }
  },
  write: ({ digestType, signature }, where) => {
    if (signature.length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.concat([u8.write(digestType, where), Buffer.of(signature.length >> 8, signature.length & 0xff), signature])
  },
}

/** The sub-elements of SUDI_DATA, in the order in which they are written [CAPF-2.2]. */
const SUDI_PARTS = [
  { tag: 0, key: 'certificateDer' },
  { tag: 1, key: 'sha1Signature' },
  { tag: 3, key: 'sha512Signature' },
] as const

export const sudi: ValueCodec<SudiValue> = {
  layout: 'sub-elements (u8 tag, u16 length): 0 certificate DER, 1 SHA-1 signature, 3 SHA-512 signature',
  read: field => {
    const { frame, end } = field
    const parts: Partial<Record<(typeof SUDI_PARTS)[number]['key'], Buffer>> = {}
    for (let at = field.start; at < end; ) {
      if (end - at < 3) fail('CODEC_TRUNCATED', field, at)
      const part = SUDI_PARTS.find(({ tag }) => tag === frame[at])
      if (!part) return fail('CODEC_UNKNOWN_ELEMENT', field, at)
      if (parts[part.key]) fail('CODEC_DUPLICATE_ELEMENT', field, at)
      const next = at + 3 + frame.readUInt16BE(at + 1)
      if (next > end) fail('CODEC_TRUNCATED', field, at + 1)
      parts[part.key] = frame.subarray(at + 3, next)
      at = next
    }
    const { certificateDer, ...signatures } = parts
    return certificateDer ? { certificateDer, ...signatures } : fail('CODEC_MISSING_ELEMENT', field)
  },
  write: (value, where) => {
    const out: Buffer[] = []
    for (const { tag, key } of SUDI_PARTS) {
      const part = value[key]
      if (!part) continue
      if (part.length > 0xffff) throw new EncodeError('CODEC_BAD_VALUE', where)
      out.push(Buffer.of(tag, part.length >> 8, part.length & 0xff), part)
    }
    return Buffer.concat(out)
  },
}
