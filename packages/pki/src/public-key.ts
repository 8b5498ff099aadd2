import { createPublicKey, type KeyObject } from 'node:crypto'
import { TAG } from './der.ts'
import { DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'
import { CURVES, type Curve, type KeySpec, RSA_BITS } from './key-spec.ts'

/** A public key that was looked at. `key` is parsed by OpenSSL when it is first asked for. */
export type PublicKey = { readonly spec: KeySpec; readonly key: KeyObject }

export const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
export const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
/** OpenSSL takes larger exponents, but every verification would cost as much as a signature. */
const MAX_EXPONENT_BYTES = 8

/** An EC key is a point, uncompressed (RFC 5480 §2.2); that it lies on the curve is for OpenSSL to say. */
const ecSpec = (curve: Curve, point: Buffer): KeySpec | undefined =>
  point[0] === 4 && point.length === 1 + 2 * CURVES[curve].fieldBytes ? { type: 'ec', curve } : undefined

/** RSAPublicKey (RFC 8017 §A.1.1): an odd modulus of a size in the table, an odd exponent of 3 or more. No arithmetic. */
const rsaSpec = (der: Buffer): KeySpec | undefined => {
  const outer = new DerReader(der, 'RSAPublicKey')
  const reader = outer.enter(TAG.sequence)
  const [modulus, exponent] = [reader.integer(), reader.integer()]
  reader.finish()
  outer.finish()
  // A modulus of a listed size has its top bit set, so its shortest form is one zero byte and then bits / 8 bytes.
  const bits = RSA_BITS.find(listed => listed / 8 === modulus.length - 1)
  const exponentIsGood =
    exponent.length <= MAX_EXPONENT_BYTES && exponent[0]! < 0x80 && isOdd(exponent) && !(exponent.length === 1 && exponent[0] === 1)
  return bits && modulus[0] === 0 && isOdd(modulus) && exponentIsGood ? { type: 'rsa', bits } : undefined
}

const isOdd = (integer: Buffer) => (integer.at(-1)! & 1) === 1

const curveOf = (oidText: string) => (Object.keys(CURVES) as Curve[]).find(name => CURVES[name].oid === oidText)

const readSpec = (spkiDer: Buffer): KeySpec | undefined => {
  const outer = new DerReader(spkiDer, 'public key')
  const reader = outer.enter(TAG.sequence)
  outer.finish()
  const algorithm = reader.enter(TAG.sequence)
  const bits = reader.wholeBytes()
  reader.finish()
  const type = algorithm.oid()
  if (type === RSA_ENCRYPTION) {
    if (algorithm.next(TAG.null).content.length !== 0) return undefined
    algorithm.finish()
    return rsaSpec(bits)
  }
  if (type !== EC_PUBLIC_KEY) return undefined
  const curve = curveOf(algorithm.oid())
  algorithm.finish()
  return curve && ecSpec(curve, bits)
}

/**
 * Type and size of a SubjectPublicKeyInfo by its structure alone: a few microseconds, no OpenSSL. It does not see an EC point
 * that is not on its curve: {@link readPublicKey} does.
 *
 * @throws {PkiError} `PKI_BAD_PUBLIC_KEY` on garbage, trailing bytes, PKCS#1, or a type, size, curve or exponent not listed.
 */
export const publicKeySpec = (spkiDer: Buffer): KeySpec => {
  let spec: KeySpec | undefined
  try {
    spec = readSpec(spkiDer)
  } catch (cause) {
    throw new PkiError('PKI_BAD_PUBLIC_KEY', { where: `public key of ${spkiDer.length} bytes`, cause })
  }
  if (!spec) throw new PkiError('PKI_BAD_PUBLIC_KEY', { where: `public key of ${spkiDer.length} bytes` })
  return spec
}

/**
 * Reads a SubjectPublicKeyInfo, DER. An RSA key is known good by its structure, so OpenSSL sees it only when `key` is used.
 *
 * @throws {PkiError} `PKI_BAD_PUBLIC_KEY`, as {@link publicKeySpec}, and for an EC point that is not on its curve.
 */
export const readPublicKey = (spkiDer: Buffer): PublicKey => {
  const spec = publicKeySpec(spkiDer)
  let parsed = spec.type === 'ec' ? parse(spkiDer) : undefined
  return {
    spec,
    get key() {
      parsed ??= parse(spkiDer)
      return parsed
    },
  }
}

const parse = (spkiDer: Buffer): KeyObject => {
  try {
    return createPublicKey({ key: spkiDer, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new PkiError('PKI_BAD_PUBLIC_KEY', { where: `public key of ${spkiDer.length} bytes`, cause })
  }
}

/** The bytes that key identifiers are made of: the content of the BIT STRING in a SubjectPublicKeyInfo (RFC 5280 §4.2.1.2). */
export const subjectPublicKeyBits = (spkiDer: Buffer): Buffer => {
  const reader = new DerReader(spkiDer, 'public key').enter(TAG.sequence)
  reader.next(TAG.sequence)
  return reader.wholeBytes()
}
