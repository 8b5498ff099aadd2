import { createPrivateKey, createPublicKey, generateKeyPair as generate, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { PkiError } from './errors.ts'
import { CURVES, type KeySpec } from './key-spec.ts'
import { publicKeySpec } from './public-key.ts'

export type KeyPair = {
  readonly spec: KeySpec
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo, DER: what a phone puts into PUBLIC_KEY [CAPF-2.2]. */
  readonly publicKeyDer: Buffer
}

/** PKCS#8 and SubjectPublicKeyInfo, both DER: a key pair that nobody has parsed. */
export type EncodedKeyPair = { readonly privateKeyDer: Buffer; readonly publicKeyDer: Buffer }

const DER = { publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const

/** A new key pair as DER, made on libuv's thread pool: RSA-2048 takes about 65 ms of one core, P-256 40 microseconds. */
export const generateEncodedKeyPair = (spec: KeySpec): Promise<EncodedKeyPair> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKeyDer: Buffer, privateKeyDer: Buffer) =>
      error ? reject(error) : resolve({ publicKeyDer, privateKeyDer })
    if (spec.type === 'rsa') generate('rsa', { modulusLength: spec.bits, ...DER }, done)
    else generate('ec', { namedCurve: CURVES[spec.curve].node, ...DER }, done)
  })

/** The same on this thread, which does nothing else meanwhile: for a thread that is there for it. */
export const generateEncodedKeyPairSync = (spec: KeySpec): EncodedKeyPair => {
  const { publicKeyEncoding, privateKeyEncoding } = DER
  const { privateKey: privateKeyDer, publicKey: publicKeyDer } =
    spec.type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: spec.bits, publicKeyEncoding, privateKeyEncoding })
      : generateKeyPairSync('ec', { namedCurve: CURVES[spec.curve].node, publicKeyEncoding, privateKeyEncoding })
  return { privateKeyDer, publicKeyDer }
}

/** A new key pair, off the event loop. */
export const generateKeyPair = async (spec: KeySpec): Promise<KeyPair> => {
  const { privateKeyDer, publicKeyDer } = await generateEncodedKeyPair(spec)
  return { spec, privateKey: decodePrivateKey(privateKeyDer), publicKeyDer }
}

/** PKCS#8 DER that this package wrote itself. @throws {PkiError} `PKI_BAD_PRIVATE_KEY` */
export const decodePrivateKey = (pkcs8Der: Buffer): KeyObject => {
  try {
    return createPrivateKey({ key: pkcs8Der, format: 'der', type: 'pkcs8' })
  } catch (cause) {
    throw new PkiError('PKI_BAD_PRIVATE_KEY', { where: 'PKCS#8', cause })
  }
}

/** SubjectPublicKeyInfo DER of either half of a key pair. */
export const publicKeyDerOf = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' })

export const keyPairOf = (privateKey: KeyObject): KeyPair => {
  const publicKeyDer = publicKeyDerOf(privateKey)
  return { spec: publicKeySpec(publicKeyDer), privateKey, publicKeyDer }
}

/**
 * Reads a private key: PEM (PKCS#8, PKCS#1 or SEC1; other blocks such as certificates may stand around it) or PKCS#8 DER.
 *
 * @throws {PkiError} `PKI_BAD_PRIVATE_KEY`: no key, a wrong or missing passphrase, or a key type or size that is not listed.
 */
export const readPrivateKey = (pemOrDer: string | Buffer, options: { passphrase?: string } = {}): KeyPair => {
  const isPem = typeof pemOrDer === 'string' || pemOrDer.includes('-----BEGIN')
  try {
    const encoding = isPem ? ({ format: 'pem' } as const) : ({ format: 'der', type: 'pkcs8' } as const)
    return keyPairOf(createPrivateKey({ key: isPem ? privateBlock(pemOrDer.toString()) : pemOrDer, ...encoding, ...options }))
  } catch (cause) {
    throw new PkiError('PKI_BAD_PRIVATE_KEY', { where: isPem ? 'PEM' : 'DER', cause })
  }
}

/** OpenSSL looks at the first block only (`EC PARAMETERS`, or a certificate), so find the one with the key. */
const privateBlock = (pem: string): string =>
  /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(pem)?.[0] ?? pem

/** PKCS#8 PEM, not encrypted: write it with {@link writePrivateFile} only. */
export const privateKeyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
