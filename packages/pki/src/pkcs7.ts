import { explicit, integer, oid, sequence, set } from './der.ts'
import { PkiError } from './errors.ts'
import { type Asn1Node, readBer } from './forge-asn1.ts'

const DATA = '1.2.840.113549.1.7.1'
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const MAX_BYTES = 0x4_0000
const MAX_CERTIFICATES = 64

/** Certs-only SignedData (RFC 5652 §5, RFC 7030 §4.1.3): no content, no signers, the certificates in the order given. DER. */
export const buildCertsOnly = (certificates: readonly Buffer[]): Buffer =>
  sequence(oid(SIGNED_DATA), explicit(0, sequence(integer(1), set(), sequence(oid(DATA)), explicit(0, ...certificates), set())))

/** Places in SignedData: `[0]` certificates; `[1]` revocation lists are passed over. */
const CERTIFICATES_TAG = 0x80
const SEQUENCE_TAG = 0x10

/**
 * The certificates of a SignedData, in the order found, DER. BER from other software is read too. Signers, content and
 * revocation lists are passed over; the certificates are not looked into.
 *
 * @throws {PkiError} `PKI_BAD_PKCS7`: malformed, other content, no certificate, more than 64, or more than 256 KiB.
 */
export const parseCertsOnly = (bytes: Buffer): Buffer[] => {
  const where = `PKCS#7 of ${bytes.length} bytes`
  if (bytes.length > MAX_BYTES) throw new PkiError('PKI_BAD_PKCS7', { where })
  let found: Buffer[]
  try {
    found = certificatesIn(readBer(bytes))
  } catch (cause) {
    throw new PkiError('PKI_BAD_PKCS7', { where, cause })
  }
  if (found.length === 0 || found.length > MAX_CERTIFICATES)
    throw new PkiError('PKI_BAD_PKCS7', { where: `${where}, ${found.length} certificates` })
  return found
}

const certificatesIn = (contentInfo: Asn1Node): Buffer[] => {
  const [type, wrapper] = contentInfo.children
  if (!type?.encode().equals(oid(SIGNED_DATA))) return []
  const certificates = wrapper?.children[0]?.children.find(({ tag }) => tag === CERTIFICATES_TAG)
  return (certificates?.children ?? []).filter(({ tag }) => tag === SEQUENCE_TAG).map(node => node.encode())
}
