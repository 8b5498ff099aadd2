import { formatKeySpec, formatName, parseCertificate, parseCsr, publicKeySpec } from '@capfkit/pki'
import type { KeptRequest, RequestState } from '@capfkit/server'

/** What `capf csr` is about: all requests but those that have become stale LSCs. */
export const CSR_STATES = ['waiting', 'unanswered', 'issued', 'superseded'] as const satisfies RequestState[]

/** A certificate request as `--json` prints it. One in the store was parsed before it was kept, so this does not fail. */
export const csrViewOf = ({ id, deviceName, state, csrDer, createdMs, dueMs }: KeptRequest) => {
  const { subject, publicKeyDer } = parseCsr(csrDer)
  return {
    id,
    device: deviceName,
    state,
    subject: formatName(subject),
    key: formatKeySpec(publicKeySpec(publicKeyDer)),
    created: new Date(createdMs).toISOString(),
    ...(dueMs === undefined ? {} : { askAgain: new Date(dueMs).toISOString() }),
  }
}

/** A stale LSC as `--json` prints it. */
export const staleViewOf = ({ id, deviceName, createdMs, certificateDer }: KeptRequest) => {
  const certificate = certificateDer && parseCertificate(certificateDer)
  return {
    id,
    device: deviceName,
    requested: new Date(createdMs).toISOString(),
    subject: certificate ? formatName(certificate.subject) : '',
    issuer: certificate ? formatName(certificate.issuer) : '',
    serial: certificate?.serialNumber.toString('hex') ?? '',
    notAfter: certificate?.notAfter.toISOString() ?? '',
  }
}
