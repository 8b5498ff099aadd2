import { type KeyObject, verify } from 'node:crypto'
import { type ParsedHeader, ROLES, signedParts, type TrustRecord } from '@capfkit/codec/tlv'
import { certifiedKey, parseCertificate } from '../certificate.ts'
import { readPublicKey } from '../public-key.ts'
import { digestOf } from './digests.ts'
import { formatListName, listSerial, sameListName } from './list-name.ts'

/** Who may sign lists and configuration files: tokens, and TFTP servers as before CUCM 12 [TRUST-6]. */
const SIGNING_ROLES: readonly number[] = [ROLES.SAST.number, ROLES['CCM+TFTP'].number, ROLES.TFTP.number]

const RSA = 0

/** Whether the signature of a header is of a kind that can be checked: RSA over a digest of the table. */
export const isKnownAlgorithm = ({ signatureInfo }: Pick<ParsedHeader, 'signatureInfo'>): boolean =>
  digestOf(signatureInfo.digest) !== undefined && signatureInfo.signature.algorithm === RSA

type SignerNames = { readonly name: string; readonly issuerName: string; readonly serialNumber: Buffer }

/** A certificate by which a file may be signed. Its key is parsed when the first signature asks for it, and kept. */
export class KnownSigner {
  readonly certificateDer: Buffer
  readonly #names: SignerNames
  #key: KeyObject | undefined

  private constructor(certificateDer: Buffer, names: SignerNames) {
    this.certificateDer = certificateDer
    this.#names = names
  }

  /** @throws {PkiError} `PKI_BAD_CERTIFICATE` */
  static ofCertificate(certificateDer: Buffer): KnownSigner {
    const { subject, issuer, serialNumber } = parseCertificate(certificateDer)
    const names = { name: formatListName(subject), issuerName: formatListName(issuer), serialNumber: listSerial(serialNumber) }
    return new KnownSigner(certificateDer, names)
  }

  /** By a record of a list; nothing when its role may not sign, or it is only a hash. The names are those of the record. */
  static ofRecord(record: TrustRecord): KnownSigner | undefined {
    const { role, certificateDer, subjectName: name, issuerName, serialNumber } = record
    if (!SIGNING_ROLES.includes(role) || !certificateDer || !serialNumber || name === undefined || issuerName === undefined)
      return undefined
    return new KnownSigner(certificateDer, { name, issuerName, serialNumber })
  }

  /** Whether a header names this certificate: serial number, subject and issuer. */
  isNamedBy({ signer }: Pick<ParsedHeader, 'signer'>): boolean {
    const { name, issuerName, serialNumber } = this.#names
    return (
      listSerial(serialNumber).equals(listSerial(signer.serialNumber)) &&
      sameListName(issuerName, signer.issuerName) &&
      sameListName(name, signer.name)
    )
  }

  /** Whether the signature of this header over its file is by this certificate. Never throws. */
  verifies(bytes: Buffer, header: ParsedHeader): boolean {
    const { signatureInfo, signature } = header
    const digest = digestOf(signatureInfo.digest)
    if (!digest || !isKnownAlgorithm(header)) return false
    try {
      this.#key ??= readPublicKey(certifiedKey(this.certificateDer)).key
      return (
        this.#key.asymmetricKeyType === 'rsa' && verify(digest, Buffer.concat(signedParts(bytes, header)), this.#key, signature)
      )
    } catch {
      return false
    }
  }
}

/** The signers that a list makes known: a phone that has it believes files by these [TRUST-6]. */
export const signersOf = (records: readonly TrustRecord[]): KnownSigner[] =>
  records.flatMap(record => KnownSigner.ofRecord(record) ?? [])

export type SignatureCheck = { readonly verdict: 'valid' | 'bad-signature' | 'unknown-signer'; readonly signer?: KnownSigner }

/**
 * Judge a signed file by the signers that are known: the one that its header names, and none else.
 *
 * @param bytes  the file of which `header` is the parsed header.
 */
export const checkSignature = (bytes: Buffer, header: ParsedHeader, signers: readonly KnownSigner[]): SignatureCheck => {
  // Nothing keeps two certificates of a list from having the same names and number.
  const named = signers.filter(signer => signer.isNamedBy(header))
  const signer = named.find(candidate => candidate.verifies(bytes, header))
  if (signer) return { verdict: 'valid', signer }
  return named.length > 0 ? { verdict: 'bad-signature', signer: named[0]! } : { verdict: 'unknown-signer' }
}
