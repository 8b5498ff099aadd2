import { bitString, explicit, integer, sequence } from '../src/der.ts'
import { type BasicConstraints, encodeBasicConstraints, encodeKeyUsage, extension, type KeyUsage } from '../src/extensions.ts'
import { encodeName, generateKeyPair, type KeyPair, parseKeySpec, parseName } from '../src/index.ts'
import { signatureAlgorithmDer, signData } from '../src/signature-algorithm.ts'
import { encodeTbs } from '../src/tbs-certificate.ts'

/** A certificate and its key, as an issuer. */
export type Made = { name: string; keyPair: KeyPair; der: Buffer }

export type MadeOptions = {
  name: string
  /** Self-signed without it. */
  issuer?: Made
  keyPair?: KeyPair
  from?: string
  until?: string
  basicConstraints?: BasicConstraints
  keyUsage?: readonly KeyUsage[]
  /** DER of further extensions. */
  more?: readonly Buffer[]
}

/** Any certificate a test can want, P-256, sound or not: the profiles of the package would not make the unsound ones. */
export const make = async (options: MadeOptions): Promise<Made> => {
  const { name, issuer, from = '2026-01-01', until = '2030-01-01', basicConstraints, keyUsage, more = [] } = options
  const keyPair = options.keyPair ?? (await generateKeyPair(parseKeySpec('ec:p256')))
  const signer = issuer?.keyPair ?? keyPair
  const algorithm = signatureAlgorithmDer({ spec: signer.spec, digest: 'sha256' })
  const constraints =
    basicConstraints && extension('basicConstraints', { critical: true, value: encodeBasicConstraints(basicConstraints) })
  const usage = keyUsage && extension('keyUsage', { critical: true, value: encodeKeyUsage(keyUsage) })
  const tbs = encodeTbs({
    version: explicit(0, integer(2)),
    serialNumber: Buffer.of(1),
    algorithm,
    issuer: encodeName(parseName(issuer?.name ?? name)),
    notBefore: new Date(from),
    notAfter: new Date(until),
    subject: encodeName(parseName(name)),
    publicKey: keyPair.publicKeyDer,
    extensions: [constraints, usage, ...more].filter(value => value !== undefined),
  })
  const signature = await signData({ data: tbs, digest: 'sha256', privateKey: signer.privateKey })
  return { name, keyPair, der: sequence(tbs, algorithm, bitString(signature)) }
}

export const CA = { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] } as const
