import { createHash } from 'node:crypto'
import {
  type Certificate,
  certificateNamesDevice,
  type DistinguishedName,
  type KeyUsage,
  PROFILES,
  publicKeySpec,
} from '@capfkit/pki'
import { IssueError } from './issue-error.ts'
import type { Issued } from './issuer.ts'

/** A name as the product keeps it in lscissuername: `CN=…;O=…` [CAPF-7.3]. */
export const nameOf = (name: DistinguishedName): string => name.map(({ type, value }) => `${type}=${value}`).join(';')

/** What certificates and requests of one key are matched by: SHA-256 of the SubjectPublicKeyInfo, hex. */
export const keyIdOf = (publicKeyDer: Buffer): string => createHash('sha256').update(publicKeyDer).digest('hex')

/** One frame holds no more than 65,535 bytes of elements; a real LSC has less than two thousand. */
const MAX_LSC_BYTES = 65_000

/** @throws {IssueError} `CA_CERTIFICATE_TOO_LARGE` */
export const mustFitFrame = ({ length }: Buffer): void => {
  if (length > MAX_LSC_BYTES) throw new IssueError('CA_CERTIFICATE_TOO_LARGE', { where: `${length} bytes` })
}

/** What will go wrong with this certificate on that device although it can be installed; `undefined` when nothing will. */
export const lscWarning = (certificate: Certificate, deviceName: string): string | undefined => {
  const { keyUsage } = certificate.extensions
  const needed: readonly KeyUsage[] = PROFILES.lsc.keyUsage[publicKeySpec(certificate.publicKeyDer).type]
  const missing = keyUsage ? needed.filter(usage => !keyUsage.includes(usage)) : []
  if (missing.length > 0) return `the LSC lacks ${missing.join(' and ')}: secure registration will fail (ca-key-usage)`
  if (!certificateNamesDevice(certificate, deviceName))
    return `the subject of the LSC does not name ${deviceName}: the device cannot prove itself with it (ca-subject)`
  return undefined
}

/** What the session needs to know of a certificate of another CA. `cas`: certificates of known CAs. @throws {IssueError} `CA_CERTIFICATE_TOO_LARGE` */
export const issuedOf = (
  { certificate, deviceName, requestId }: { certificate: Certificate; deviceName: string; requestId: number },
  cas: readonly Certificate[],
): Issued => {
  const certificateDer = certificate.der
  mustFitFrame(certificateDer)
  const warning = lscWarning(certificate, deviceName)
  return {
    certificateDer,
    notAfter: certificate.notAfter,
    issuerName: nameOf(certificate.issuer),
    issuerNotAfter: cas.find(({ subjectDer }) => subjectDer.equals(certificate.issuerDer))?.notAfter ?? new Date(0),
    requestId,
    ...(warning === undefined ? {} : { warning }),
  }
}
