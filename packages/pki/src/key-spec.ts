import { PkiError } from './errors.ts'

/** RSA moduli that CUCM offers, in bits. */
export const RSA_BITS = [512, 1024, 2048, 3072, 4096] as const

/** Curves that CAPF knows [CAPF-2.2], with the names that OpenSSL and people use for them. */
export const CURVES = {
  secp256r1: { short: 'p256', node: 'prime256v1', oid: '1.2.840.10045.3.1.7', fieldBytes: 32, digest: 'sha256' },
  secp384r1: { short: 'p384', node: 'secp384r1', oid: '1.3.132.0.34', fieldBytes: 48, digest: 'sha384' },
  secp521r1: { short: 'p521', node: 'secp521r1', oid: '1.3.132.0.35', fieldBytes: 66, digest: 'sha512' },
} as const

export type Curve = keyof typeof CURVES
export type KeySpec = { type: 'rsa'; bits: (typeof RSA_BITS)[number] } | { type: 'ec'; curve: Curve }

/** Every specification there is, RSA from small to large, then the curves. */
export const keySpecs = (): KeySpec[] => [
  ...RSA_BITS.map(bits => ({ type: 'rsa' as const, bits })),
  ...(Object.keys(CURVES) as Curve[]).map(curve => ({ type: 'ec' as const, curve })),
]

/** `rsa:2048` or `ec:p256`. */
export const formatKeySpec = (spec: KeySpec): string =>
  spec.type === 'rsa' ? `rsa:${spec.bits}` : `ec:${CURVES[spec.curve].short}`

/** @throws {PkiError} `PKI_KEY_SPEC`, naming what it got. */
export const parseKeySpec = (text: string): KeySpec => {
  const found = keySpecs().find(spec => formatKeySpec(spec) === text.toLowerCase())
  if (!found) throw new PkiError('PKI_KEY_SPEC', { where: JSON.stringify(text) })
  return found
}

export const sameKeySpec = (a: KeySpec, b: KeySpec): boolean => formatKeySpec(a) === formatKeySpec(b)
