import type { KeyObject } from 'node:crypto'
import { type Header, MODULUS_BYTES, type TrustRecord, writeFile } from '@capfkit/codec/tlv'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { PkiError } from '../errors.ts'
import { publicKeyDerOf } from '../keys.ts'
import { signData } from '../signature-algorithm.ts'
import { SIGNING_DIGESTS, type SigningDigest } from './digests.ts'
import { signersOf } from './known-signers.ts'
import { formatListName, listSerial } from './list-name.ts'

/** What stands in the header besides the signer and its signature. */
export type SignedHeader = Omit<Header, 'signer' | 'signatureInfo' | 'signature' | 'order' | 'unknown' | 'paddingBytes'>

export type SignOptions = {
  header: SignedHeader
  digest: SigningDigest
  /** What stands behind the header. */
  content: readonly Buffer[]
  /** Headers of before, for a reset list. */
  behind?: readonly Header[]
}

const RSA = 0
const SMALLEST_FOR_SHA512_BYTES = 128

/** Signs trust lists and configuration files in the name of one certificate; names and key are looked at once. */
export class FileSigner {
  readonly certificate: Certificate
  readonly #privateKey: KeyObject
  readonly #signer: Header['signer']
  readonly #modulus: number

  /** @throws {PkiError} `PKI_BAD_CERTIFICATE`, `PKI_SIGNER_KEY`, `PKI_KEY_MISMATCH`. */
  constructor({ certificateDer, privateKey }: { certificateDer: Buffer; privateKey: KeyObject }) {
    this.certificate = parseCertificate(certificateDer)
    this.#privateKey = privateKey
    const { subject, issuer, serialNumber, publicKeyDer } = this.certificate
    this.#signer = {
      name: formatListName(subject),
      serialNumber: listSerial(serialNumber),
      issuerName: formatListName(issuer),
    }
    const where = this.#signer.name
    const bits = privateKey.asymmetricKeyType === 'rsa' ? privateKey.asymmetricKeyDetails?.modulusLength : undefined
    this.#modulus = MODULUS_BYTES.findIndex(bytes => bytes * 8 === bits)
    if (this.#modulus < 0) throw new PkiError('PKI_SIGNER_KEY', { where })
    if (!publicKeyDerOf(privateKey).equals(publicKeyDer)) throw new PkiError('PKI_KEY_MISMATCH', { where })
  }

  /** Whether a list has this certificate as one that may sign it. */
  isAmong(records: readonly TrustRecord[]): boolean {
    return signersOf(records).some(({ certificateDer }) => certificateDer.equals(this.certificate.der))
  }

  /** The file: headers, then content; signed on the thread pool. @throws {PkiError} `PKI_KEY_TOO_SMALL` */
  async sign({ header, digest, content, behind = [] }: SignOptions): Promise<Buffer> {
    const signatureBytes = MODULUS_BYTES[this.#modulus]!
    if (digest === 'sha512' && signatureBytes < SMALLEST_FOR_SHA512_BYTES)
      throw new PkiError('PKI_KEY_TOO_SMALL', { where: this.#signer.name })
    const outer: Header = {
      ...header,
      signer: this.#signer,
      signatureInfo: { digest: SIGNING_DIGESTS[digest], signature: { algorithm: RSA, modulus: this.#modulus } },
      signature: Buffer.alloc(signatureBytes),
    }
    const { bytes, signatureField } = writeFile([outer, ...behind], content)
    const data = Buffer.concat([bytes.subarray(0, signatureField.start), bytes.subarray(signatureField.end)])
    const signature = await signData({ data, digest, privateKey: this.#privateKey })
    signature.copy(bytes, signatureField.end - signatureBytes)
    return bytes
  }
}
