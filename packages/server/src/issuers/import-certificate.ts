import { certificateNamesDevice, parseCertificate } from '@capfkit/pki'
import type { RequestStore } from '../store/requests.ts'
import { keyIdOf, lscWarning, mustFitFrame } from './issued.ts'

/** What became of a certificate that an operator brought. */
export type ImportedCertificate = {
  /** `issued`: goes to the phone with its next session. `stale`: its request was superseded. `unmatched`: no request has its key. */
  readonly outcome: 'issued' | 'stale' | 'unmatched'
  readonly deviceName?: string
  /** What will go wrong with it later. */
  readonly warning?: string
}

/**
 * Match one certificate of an Offline CA to its request, by the public key. Two devices may have been given the same key (a key
 * pool of simulated phones): then the one that the subject names.
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE`; {IssueError} `CA_CERTIFICATE_TOO_LARGE`; {ServerError} `STORE_*`.
 */
export const importCertificate = async (requests: RequestStore, certificateDer: Buffer): Promise<ImportedCertificate> => {
  mustFitFrame(certificateDer)
  const certificate = parseCertificate(certificateDer)
  const candidates = await requests.withKey(keyIdOf(certificate.publicKeyDer))
  const kept = candidates.find(({ deviceName }) => certificateNamesDevice(certificate, deviceName)) ?? candidates.at(-1)
  const outcome = kept && (await requests.answer(kept.id, certificateDer))
  if (!kept || !outcome) return { outcome: 'unmatched' }
  const { deviceName } = kept
  const warning = lscWarning(certificate, deviceName)
  return { outcome, deviceName, ...(warning === undefined ? {} : { warning }) }
}
