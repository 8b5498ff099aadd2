import { type Certificate, type KeySpec, parseCertificate, parseCsr, publicKeySpec, sameKeySpec } from '@capfkit/pki'
import type { RequestStore } from '../store/requests.ts'
import { IssueError, type IssueErrorCode } from './issue-error.ts'
import { issuedOf } from './issued.ts'
import type { Resumed } from './issuer.ts'

export type ResumeRequest = {
  deviceName: string
  keySpec: KeySpec
  requests: RequestStore
  cas: readonly Certificate[]
  /** Why the certificate is not there yet. */
  waits: IssueErrorCode
  now: () => Date
}

/**
 * What an earlier session has left for this order [CAPF-3.8]. Nothing when there is no request, when it is for another kind of
 * key, when the CA never answered it, or when its certificate has ended: the phone then begins with a new key.
 */
export const resumeRequest = async ({
  deviceName,
  keySpec,
  requests,
  cas,
  waits,
  now,
}: ResumeRequest): Promise<Resumed | undefined> => {
  const kept = await requests.current(deviceName)
  if (!kept || kept.state === 'unanswered') return undefined
  if (!sameKeySpec(publicKeySpec(parseCsr(kept.csrDer).publicKeyDer), keySpec)) return undefined
  const { id, certificateDer, createdMs } = kept
  if (!certificateDer) return { waits: new IssueError(waits, { where: `the request of ${new Date(createdMs).toISOString()}` }) }
  const issued = issuedOf({ certificate: parseCertificate(certificateDer), deviceName, requestId: id }, cas)
  return issued.notAfter > now() ? { issued } : undefined
}
