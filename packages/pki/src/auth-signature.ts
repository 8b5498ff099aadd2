import { constants, hash, type KeyObject, privateEncrypt, publicDecrypt, sign, timingSafeEqual, verify } from 'node:crypto'
import { PkiError } from './errors.ts'

/** `missing`: no signature was given at all. One that is wrong makes it `bad`, whatever the other one says. */
export type SignatureVerdict = 'ok' | 'missing' | 'bad'

type Signed = {
  /** As it was sent, without the NUL; bytes if it was not text. */
  deviceName: string | Buffer
  certificateDer: Buffer
}

type SudiSigned = { sessionId: number; certificateDer: Buffer }

const RSA = (key: KeyObject) => ({ key, padding: constants.RSA_PKCS1_PADDING })

/** Device name as sent, NUL, certificate [CAPF-4.3]. It carries no nonce, so whoever sees the signature can send it again. */
const authenticationData = ({ deviceName, certificateDer }: Signed): Buffer =>
  Buffer.concat([typeof deviceName === 'string' ? Buffer.from(deviceName, 'utf8') : deviceName, Buffer.of(0), certificateDer])

/** Session id, LITTLE-endian although the header has it big-endian, then the certificate [CAPF-4.3]. */
const sudiData = ({ sessionId, certificateDer }: SudiSigned): Buffer => {
  const id = Buffer.alloc(4)
  id.writeUInt32LE(sessionId)
  return Buffer.concat([id, certificateDer])
}

type Hash = 'sha1' | 'sha512'

/** PKCS#1 type 1 padding around the bare hash, without the DigestInfo that `sign` would add; plain ECDSA for EC [CAPF-4.3]. */
const signHash = (options: { digest: Hash; data: Buffer; privateKey: KeyObject }): Buffer => {
  const { digest, data, privateKey } = options
  if (privateKey.asymmetricKeyType !== 'rsa') return sign(digest, data, privateKey)
  const bare = hash(digest, data, 'buffer')
  // Type 1 padding takes at least eleven bytes: SHA-512 has no room in RSA-512.
  if ((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8 < bare.length + 11) {
    throw new PkiError('PKI_KEY_TOO_SMALL', { where: digest })
  }
  return privateEncrypt(RSA(privateKey), bare)
}

const verifyHash = (options: { digest: Hash; data: Buffer; publicKey: KeyObject; signature: Buffer }): boolean => {
  const { digest, data, publicKey, signature } = options
  try {
    if (publicKey.asymmetricKeyType !== 'rsa') return verify(digest, data, publicKey, signature)
    const bare = publicDecrypt(RSA(publicKey), signature)
    const expected = hash(digest, data, 'buffer')
    return bare.length === expected.length && timingSafeEqual(bare, expected)
  } catch {
    return false
  }
}

const verdict = (options: { data: Buffer; publicKey: KeyObject; sha1: Buffer | undefined; sha512: Buffer | undefined }) => {
  const { data, publicKey, sha1, sha512 } = options
  if (!sha1 && !sha512) return 'missing'
  const good = (digest: Hash, signature: Buffer | undefined) => !signature || verifyHash({ digest, data, publicKey, signature })
  return good('sha1', sha1) && good('sha512', sha512) ? 'ok' : 'bad'
}

/**
 * What a phone puts into SIGNED_DATA (SHA-1) and, inside its hash id and length, into SHA2_SIGNED_DATA (SHA-512) [CAPF-4.3].
 * Works on the calling thread: two private-key operations, about 0.7 ms each for RSA-2048.
 *
 * @throws {PkiError} `PKI_KEY_TOO_SMALL` for RSA-512.
 */
export const signAuthentication = (options: Signed & { privateKey: KeyObject }): { signedData: Buffer; sha2SignedData: Buffer } => {
  const { privateKey } = options
  const data = authenticationData(options)
  return {
    signedData: signHash({ digest: 'sha1', data, privateKey }),
    sha2SignedData: signHash({ digest: 'sha512', data, privateKey }),
  }
}

/** Every signature that is there must be good, and one must be there [CAPF-4.3]. `sha2SignedData` is the bare signature. */
export const verifyAuthentication = (
  options: Signed & { publicKey: KeyObject; signedData?: Buffer | undefined; sha2SignedData?: Buffer | undefined },
): SignatureVerdict =>
  verdict({
    data: authenticationData(options),
    publicKey: options.publicKey,
    sha1: options.signedData,
    sha512: options.sha2SignedData,
  })

/**
 * The two signatures of SUDI_DATA [CAPF-4.3], on the calling thread.
 *
 * @throws {PkiError} `PKI_KEY_TYPE` for a key that is not RSA, `PKI_KEY_TOO_SMALL` for RSA-512.
 */
export const signSudi = (options: SudiSigned & { privateKey: KeyObject }): { sha1Signature: Buffer; sha512Signature: Buffer } => {
  const { privateKey } = options
  if (privateKey.asymmetricKeyType !== 'rsa') throw new PkiError('PKI_KEY_TYPE', { where: 'SUDI_DATA' })
  const data = sudiData(options)
  return {
    sha1Signature: signHash({ digest: 'sha1', data, privateKey }),
    sha512Signature: signHash({ digest: 'sha512', data, privateKey }),
  }
}

/** As {@link verifyAuthentication}, bound to one session; a key that is not RSA is `bad`. */
export const verifySudi = (
  options: SudiSigned & { publicKey: KeyObject; sha1Signature?: Buffer | undefined; sha512Signature?: Buffer | undefined },
): SignatureVerdict => {
  const { publicKey, sha1Signature, sha512Signature } = options
  if (publicKey.asymmetricKeyType !== 'rsa') return 'bad'
  return verdict({ data: sudiData(options), publicKey, sha1: sha1Signature, sha512: sha512Signature })
}
