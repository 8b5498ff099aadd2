import { createHash } from 'node:crypto'
import { formatName, parseCertificate } from '@capfkit/pki'
import { CERT_STATUSES, type Device } from '@capfkit/server'
import { formatKeyOrder } from './key-order.ts'

/** A device without its secrets: what `--json` and `export` print. */
export const viewOf = (device: Device) => {
  const { name, operation, authMode, authString, status, completesBy, failedAttempts, lockedUntilMs, certificate } = device
  return {
    name,
    operation,
    auth: authMode,
    authStringSet: authString !== undefined,
    key: formatKeyOrder(device),
    status,
    statusText: statusText(status),
    ...(completesBy === undefined ? {} : { completesBy }),
    ...(failedAttempts > 0 ? { failedAttempts } : {}),
    ...(lockedUntilMs > 0 ? { lockedUntil: new Date(lockedUntilMs).toISOString() } : {}),
    ...(certificate ? { lsc: lscOf(certificate.certificateDer) } : {}),
  }
}

export type DeviceView = ReturnType<typeof viewOf>

export const statusText = (status: number): string => CERT_STATUSES[status]?.text ?? 'unknown'

/** The LSC in words. A certificate in the store was parsed before it was signed, so this does not fail. */
const lscOf = (der: Buffer) => {
  const { subject, issuer, serialNumber, notBefore, notAfter } = parseCertificate(der)
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serial: serialNumber.toString('hex'),
    sha1: createHash('sha1').update(der).digest('hex'),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  }
}
