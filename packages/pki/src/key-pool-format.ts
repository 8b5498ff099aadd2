import { PkiError } from './errors.ts'
import { CURVES, formatKeySpec, type KeySpec, parseKeySpec } from './key-spec.ts'
import type { EncodedKeyPair } from './keys.ts'

/**
 * A key pool: a header of 64 bytes, then records of one fixed size, so that the place of record i is a multiplication.
 *
 * Header: magic `CAPFPOOL`, u16 version, u16 zero, u32 count, u32 record size, u8 length and text of the key specification, zeros.
 * Record: u16 length and PKCS#8 DER, u16 length and SubjectPublicKeyInfo DER, zeros. Numbers are big-endian.
 */
export const HEADER_BYTES = 64
export const POOL_VERSION = 1
export const MAX_POOL_KEYS = 10_000_000
const MAGIC = 'CAPFPOOL'
const MAX_RECORD_BYTES = 8192

export type PoolHeader = { spec: KeySpec; count: number; recordBytes: number }

/** Room for the longest encoding: RSA has n, d and five numbers of half the size; EC has d and the point, and the point again. */
export const recordBytesFor = (spec: KeySpec): number => {
  const keyBytes = spec.type === 'rsa' ? 5.5 * (spec.bits / 8) + 128 : 5 * CURVES[spec.curve].fieldBytes + 128
  return Math.ceil(keyBytes / 64) * 64
}

export const encodeHeader = ({ spec, count, recordBytes }: PoolHeader): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES)
  const text = formatKeySpec(spec)
  header.write(MAGIC, 'latin1')
  header.writeUInt16BE(POOL_VERSION, 8)
  header.writeUInt32BE(count, 12)
  header.writeUInt32BE(recordBytes, 16)
  header.writeUInt8(text.length, 20)
  header.write(text, 21, 'latin1')
  return header
}

/** @throws {PkiError} `PKI_POOL_TRUNCATED`, `PKI_POOL_FORMAT`, `PKI_POOL_VERSION` */
export const decodeHeader = (header: Buffer, where: string): PoolHeader => {
  if (header.toString('latin1', 0, 8) !== MAGIC.slice(0, header.length)) throw new PkiError('PKI_POOL_FORMAT', { where })
  if (header.length < HEADER_BYTES) throw new PkiError('PKI_POOL_TRUNCATED', { where })
  if (header.readUInt16BE(8) !== POOL_VERSION)
    throw new PkiError('PKI_POOL_VERSION', { where: `${where}: version ${header.readUInt16BE(8)}` })
  const [count, recordBytes] = [header.readUInt32BE(12), header.readUInt32BE(16)]
  const spec = specIn(header.toString('latin1', 21, 21 + header.readUInt8(20)), where)
  const isSane = count >= 1 && count <= MAX_POOL_KEYS && recordBytes >= recordBytesFor(spec) && recordBytes <= MAX_RECORD_BYTES
  if (!isSane) throw new PkiError('PKI_POOL_FORMAT', { where })
  return { spec, count, recordBytes }
}

const specIn = (text: string, where: string): KeySpec => {
  try {
    return parseKeySpec(text)
  } catch (cause) {
    throw new PkiError('PKI_POOL_FORMAT', { where, cause })
  }
}

/** Writes a key pair into its record, which is zeros so far. */
export const encodeRecord = (record: Buffer, pair: EncodedKeyPair): void => {
  let at = 0
  for (const der of [pair.privateKeyDer, pair.publicKeyDer]) {
    record.writeUInt16BE(der.length, at)
    record.set(der, at + 2)
    at += 2 + der.length
  }
}

/** Views into the record. @throws {PkiError} `PKI_POOL_FORMAT` when the lengths do not fit. */
export const decodeRecord = (record: Buffer, where: string): EncodedKeyPair => {
  let at = 0
  const field = () => {
    const length = at + 2 <= record.length ? record.readUInt16BE(at) : 0
    const der = record.subarray(at + 2, at + 2 + length)
    if (length === 0 || der.length !== length || der[0] !== 0x30) throw new PkiError('PKI_POOL_FORMAT', { where })
    at += 2 + length
    return der
  }
  return { privateKeyDer: field(), publicKeyDer: field() }
}
