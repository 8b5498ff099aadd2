import { hash } from 'node:crypto'
import { parseCertificate } from './certificate.ts'
import { SIGNATURE_ALGORITHMS } from './signature-algorithm.ts'

/**
 * The channel binding `tls-server-end-point` of a TLS server's certificate, without its prefix (RFC 5929 §4.1): the hash of the
 * DER by the digest of its signature, and SHA-256 where that digest is MD5 or SHA-1, or where the algorithm names none.
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE`
 */
export const serverEndPoint = (certificateDer: Buffer): Buffer => {
  const { signatureAlgorithmOid } = parseCertificate(certificateDer)
  const digest = SIGNATURE_ALGORITHMS.find(({ oid }) => oid === signatureAlgorithmOid)?.digest
  return hash(digest === undefined || digest === 'sha1' ? 'sha256' : digest, certificateDer, 'buffer')
}
