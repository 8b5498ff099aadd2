import { type KeyObject, sign, verify } from 'node:crypto'
import { nothing, oid, sequence } from './der.ts'
import { CURVES, type KeySpec } from './key-spec.ts'

export type Digest = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** Signature algorithms of certificates and requests (RFC 4055 §5, RFC 5758 §3.2). RSASSA-PSS is left out: no phone reads it. */
export const SIGNATURE_ALGORITHMS = [
  { oid: '1.2.840.113549.1.1.5', key: 'rsa', digest: 'sha1' },
  { oid: '1.2.840.113549.1.1.11', key: 'rsa', digest: 'sha256' },
  { oid: '1.2.840.113549.1.1.12', key: 'rsa', digest: 'sha384' },
  { oid: '1.2.840.113549.1.1.13', key: 'rsa', digest: 'sha512' },
  { oid: '1.2.840.10045.4.1', key: 'ec', digest: 'sha1' },
  { oid: '1.2.840.10045.4.3.2', key: 'ec', digest: 'sha256' },
  { oid: '1.2.840.10045.4.3.3', key: 'ec', digest: 'sha384' },
  { oid: '1.2.840.10045.4.3.4', key: 'ec', digest: 'sha512' },
] as const satisfies readonly { oid: string; key: KeySpec['type']; digest: Digest }[]

/** SHA-256 for RSA, and for EC the digest that is as strong as the curve. */
export const defaultDigest = (spec: KeySpec): Digest => (spec.type === 'rsa' ? 'sha256' : CURVES[spec.curve].digest)

/** AlgorithmIdentifier, DER: RSA carries NULL parameters, ECDSA none. */
export const signatureAlgorithmDer = ({ spec, digest }: { spec: KeySpec; digest: Digest }): Buffer => {
  const row = SIGNATURE_ALGORITHMS.find(({ key, digest: found }) => key === spec.type && found === digest)!
  return sequence(oid(row.oid), ...(row.key === 'rsa' ? [nothing()] : []))
}

/** Signs on the thread pool. RSA is PKCS#1 v1.5, EC is DER (r, s). */
export const signData = (options: { data: Buffer; digest: Digest; privateKey: KeyObject }): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    sign(options.digest, options.data, options.privateKey, (error, signature) => (error ? reject(error) : resolve(signature))),
  )

/** Whether `signature` over `data` is by `key`; false for an algorithm that is not in the table or is of the other key type. */
export const verifyData = (options: { data: Buffer; signature: Buffer; algorithmOid: string; key: KeyObject }): boolean => {
  const row = SIGNATURE_ALGORITHMS.find(({ oid: found }) => found === options.algorithmOid)
  if (!row || row.key !== options.key.asymmetricKeyType) return false
  try {
    return verify(row.digest, options.data, options.key, options.signature)
  } catch {
    return false
  }
}
