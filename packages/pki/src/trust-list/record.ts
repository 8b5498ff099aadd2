import { hash } from 'node:crypto'
import { ROLES, type RoleName, type TrustRecord } from '@capfkit/codec/tlv'
import { parseCertificate } from '../certificate.ts'
import { subjectPublicKeyBits } from '../public-key.ts'
import { digestOf } from './digests.ts'
import { formatListName, listSerial } from './list-name.ts'

/** `full` holds the certificate; `hash` its SHA-1, as CUCM does for CAPF and TVS [TRUST-3]. */
export type RecordForm = 'full' | 'hash'

export type CertificateRecordOptions = {
  certificateDer: Buffer
  role: RoleName
  /** Default: `full`. */
  form?: RecordForm
  /** Name of the server; a phone finds its CAPF server by it. Default: none. */
  dnsName?: string
  /** IPv4 address of the server. */
  ipAddress?: string
}

const SHA1 = 1

/**
 * The record of one certificate [TRUST-3].
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE`
 */
export const certificateRecord = (options: CertificateRecordOptions): TrustRecord => {
  const { certificateDer, role, form = 'full', dnsName, ipAddress } = options
  const certificate = parseCertificate(certificateDer)
  return {
    ...(dnsName === undefined ? {} : { dnsName }),
    subjectName: formatListName(certificate.subject),
    role: ROLES[role].number,
    issuerName: formatListName(certificate.issuer),
    serialNumber: listSerial(certificate.serialNumber),
    publicKey: subjectPublicKeyBits(certificate.publicKeyDer),
    signature: certificate.signature,
    ...(form === 'full' ? { certificateDer } : { certificateHash: hash('sha1', certificateDer, 'buffer'), hashAlgorithm: SHA1 }),
    ...(ipAddress === undefined ? {} : { ipAddress }),
  }
}

/** Whether a record stands for this certificate: the same bytes, or a hash of them [TRUST-6]. */
export const recordMatches = (record: TrustRecord, certificateDer: Buffer): boolean => {
  if (record.certificateDer) return record.certificateDer.equals(certificateDer)
  const { certificateHash, hashAlgorithm } = record
  if (!certificateHash || hashAlgorithm === undefined) return false
  const digest = digestOf(hashAlgorithm)
  return digest !== undefined && hash(digest, certificateDer, 'buffer').equals(certificateHash)
}
