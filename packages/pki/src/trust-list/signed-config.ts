import {
  constants,
  createCipheriv,
  createDecipheriv,
  hash,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  timingSafeEqual,
} from 'node:crypto'
import { parseSignedFile, type Version } from '@capfkit/codec/tlv'
import { certifiedKey } from '../certificate.ts'
import { PkiError } from '../errors.ts'
import { readPublicKey } from '../public-key.ts'
import type { RandomBytes } from '../serial-number.ts'
import { unixSeconds } from './build.ts'
import { digestOf, SIGNING_DIGESTS, type SigningDigest } from './digests.ts'
import type { FileSigner } from './file-signer.ts'

export type SignFileOptions = {
  content: Buffer
  /** The name with which it will be asked for: `SEP….cnf.xml.sgn`. */
  fileName: string
  signer: FileSigner
  /** Default `sha1`. */
  digest?: SigningDigest
  timestamp: Date
}

export type EncryptFileOptions = SignFileOptions & {
  /** Whose key can open it: RSA. */
  phoneCertificateDer: Buffer
  randomBytes: RandomBytes
}

const SIGNED_VERSION: Version = { major: 1, minor: 0 }
const ENCRYPTED_VERSION: Version = { major: 2, minor: 0 }
const CIPHER = 'aes-128-cbc'
const BLOCK_BYTES = 16
/** Fills the last block: carriage returns, which an XML reader passes over [TRUST-5]. */
const FILL = 0x0d
const [AES_128_CBC, RSA, PKCS1_V15] = [0, 0, 1]

/** A `.sgn`: the content behind a signed header [TRUST-5]. */
export const signFile = ({ content, fileName, signer, digest = 'sha1', timestamp }: SignFileOptions): Promise<Buffer> =>
  signer.sign({ header: { version: SIGNED_VERSION, fileName, timestamp: unixSeconds(timestamp) }, digest, content: [content] })

/**
 * A `.enc.sgn`: the content, encrypted for one phone, behind a signed header [TRUST-5].
 *
 * @throws {PkiError} `PKI_KEY_TYPE` when the phone's key is not RSA: such a phone gets no encrypted files.
 */
export const encryptFile = (options: EncryptFileOptions): Promise<Buffer> => {
  const { content, fileName, signer, digest = 'sha1', timestamp, phoneCertificateDer, randomBytes } = options
  const { spec, key } = readPublicKey(certifiedKey(phoneCertificateDer))
  if (spec.type !== 'rsa') throw new PkiError('PKI_KEY_TYPE', { where: fileName })
  const [contentKey, iv] = [randomBytes(BLOCK_BYTES), randomBytes(BLOCK_BYTES)]
  const paddingBytes = (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES
  const cipher = createCipheriv(CIPHER, contentKey, iv).setAutoPadding(false)
  const encrypted = [cipher.update(content), cipher.update(Buffer.alloc(paddingBytes, FILL)), cipher.final()]
  const encryptedKey = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, contentKey)
  const header = {
    version: ENCRYPTED_VERSION,
    fileName,
    timestamp: unixSeconds(timestamp),
    encryption: {
      content: { algorithm: AES_128_CBC, iv, paddingBytes },
      key: { algorithm: RSA, keySizeBits: spec.bits, padding: PKCS1_V15, encryptedKey },
    },
    contentDigestAlgorithm: SIGNING_DIGESTS[digest],
    contentDigest: hash(digest, content, 'buffer'),
  }
  return signer.sign({ header, digest, content: encrypted })
}

/**
 * What is in a `.enc.sgn`, with the phone's private key. The signature is not looked at: see `checkSignature`.
 *
 * @throws {PkiError} `PKI_NOT_ENCRYPTED`, `PKI_DECRYPT_FAILED`, `PKI_BAD_CONTENT_DIGEST`. A TlvError for another kind of file.
 */
export const decryptFile = (bytes: Buffer, privateKey: KeyObject): Buffer => {
  const { header, content } = parseSignedFile(bytes)
  const where = header.fileName ?? 'file'
  const { encryption, contentDigest, contentDigestAlgorithm } = header
  if (!encryption) throw new PkiError('PKI_NOT_ENCRYPTED', { where })
  const plain = decrypt({ encryption, content, privateKey, where })
  // A wrong key gives random bytes, not an error (RFC 8017 §7.2.2): the digest is what tells.
  const digest = contentDigestAlgorithm === undefined ? undefined : digestOf(contentDigestAlgorithm)
  const found = digest && hash(digest, plain, 'buffer')
  if (!found || found.length !== contentDigest?.length || !timingSafeEqual(found, contentDigest))
    throw new PkiError('PKI_BAD_CONTENT_DIGEST', { where })
  return plain
}

type Encryption = NonNullable<ReturnType<typeof parseSignedFile>['header']['encryption']>
type Decryption = { encryption: Encryption; content: Buffer; privateKey: KeyObject; where: string }

const decrypt = ({ encryption, content, privateKey, where }: Decryption): Buffer => {
  const { algorithm, iv, paddingBytes } = encryption.content
  const { key } = encryption
  const isKnown = algorithm === AES_128_CBC && key.algorithm === RSA && key.padding === PKCS1_V15 && iv.length === BLOCK_BYTES
  if (!isKnown || paddingBytes > content.length) throw new PkiError('PKI_DECRYPT_FAILED', { where })
  try {
    const contentKey = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, key.encryptedKey)
    const decipher = createDecipheriv(CIPHER, contentKey, iv).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(content), decipher.final()])
    return padded.subarray(0, padded.length - paddingBytes)
  } catch (cause) {
    throw new PkiError('PKI_DECRYPT_FAILED', { where, cause })
  }
}
