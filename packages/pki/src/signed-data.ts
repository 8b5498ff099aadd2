import { createPublicKey } from 'node:crypto'
import { parseCertificate } from './certificate.ts'
import type { CertificateAndKey } from './certificate-and-key.ts'
import { explicit, integer, nothing, octetString, oid, sequence, set, TAG } from './der.ts'
import { DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'
import { signData, verifyData } from './signature-algorithm.ts'

const DATA = '1.2.840.113549.1.7.1'
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const WHAT = 'SignedData'
const CONTENT_TAG = 0xa0
const CERTIFICATES_TAG = 0xa0
const CRLS_TAG = 0xa1

type Signer = Pick<CertificateAndKey, 'certificateDer' | 'privateKey'>

/** Content signed by one signer whose certificate goes with it (RFC 5652 §5): SHA-256 with RSA, no signed attributes. DER. */
export const buildSignedData = async (content: Buffer, { certificateDer, privateKey }: Signer): Promise<Buffer> => {
  const { issuerDer, serialNumber } = parseCertificate(certificateDer)
  const digestAlgorithm = sequence(oid(SHA256), nothing())
  const signature = await signData({ data: content, digest: 'sha256', privateKey })
  const signerInfo = sequence(
    integer(1),
    sequence(issuerDer, integer(serialNumber)),
    digestAlgorithm,
    sequence(oid(SHA256_WITH_RSA), nothing()),
    octetString(signature),
  )
  const encapsulated = sequence(oid(DATA), explicit(0, octetString(content)))
  const signed = sequence(integer(1), set(digestAlgorithm), encapsulated, explicit(0, certificateDer), set(signerInfo))
  return sequence(oid(SIGNED_DATA), explicit(0, signed))
}

/**
 * The content of a SignedData of this form, DER; nothing where `certificateDer` did not sign it.
 *
 * @throws {PkiError} `PKI_BAD_PKCS7`: malformed, other content, more than one signer, or signed attributes.
 */
export const openSignedData = (bytes: Buffer, certificateDer: Buffer): Buffer | undefined => {
  const { publicKeyDer } = parseCertificate(certificateDer)
  try {
    const { content, algorithmOid, signature } = readParts(bytes)
    const key = createPublicKey({ key: publicKeyDer, format: 'der', type: 'spki' })
    return verifyData({ data: content, signature, algorithmOid, key }) ? content : undefined
  } catch (cause) {
    throw new PkiError('PKI_BAD_PKCS7', { where: `${WHAT} of ${bytes.length} bytes`, cause })
  }
}

const readParts = (bytes: Buffer): { content: Buffer; algorithmOid: string; signature: Buffer } => {
  const outer = new DerReader(bytes, WHAT)
  const contentInfo = outer.enter(TAG.sequence)
  outer.finish()
  if (contentInfo.oid() !== SIGNED_DATA) contentInfo.fail()
  const signed = contentInfo.enter(CONTENT_TAG).enter(TAG.sequence)
  signed.integer()
  signed.next(TAG.set)
  const encapsulated = signed.enter(TAG.sequence)
  if (encapsulated.oid() !== DATA) encapsulated.fail()
  const { content } = encapsulated.enter(CONTENT_TAG).next(TAG.octetString)
  signed.optional(CERTIFICATES_TAG)
  signed.optional(CRLS_TAG)
  const signers = signed.enter(TAG.set)
  const signer = signers.enter(TAG.sequence)
  signers.finish()
  signer.integer()
  signer.next(TAG.sequence)
  signer.next(TAG.sequence)
  const algorithmOid = signer.enter(TAG.sequence).oid()
  return { content, algorithmOid, signature: signer.next(TAG.octetString).content }
}
