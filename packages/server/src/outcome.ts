import type { Device, Operation } from './device.ts'
import type { Issued } from './issuers/issuer.ts'
import type { SessionContext } from './session-context.ts'
import { OP_STATUS, type OpStatus } from './status.ts'
import type { Outcome } from './store/store.ts'
import { storedCertificate } from './stored-certificate.ts'

export type Ending = {
  device: Device
  status: OpStatus
  /** The order was carried out. */
  fulfilled: boolean
  /** What was issued, and for which key, when the order was an install. */
  issued: Issued | undefined
  publicKeyDer: Buffer | undefined
  /** The phone did not take the certificate. */
  supersedes: boolean
  wrongString: boolean
}

/** Wrong strings in a row lock the device for a while [CAPF-4.2]. */
const afterWrongString = (device: Device, { options, now }: SessionContext): Partial<Outcome> => {
  const failedAttempts = device.failedAttempts + 1
  if (failedAttempts < options.maxAuthAttempts) return { failedAttempts }
  return { failedAttempts: 0, lockedUntilMs: now().getTime() + options.authLockMs }
}

/** A kept request ends with its certificate on the phone, or with a phone that cannot use it. */
const requestOutcome = ({ issued, fulfilled, supersedes }: Ending): Partial<Outcome> => {
  if (issued?.requestId === undefined || (!fulfilled && !supersedes)) return {}
  return { request: { id: issued.requestId, becomes: fulfilled ? 'done' : 'superseded' } }
}

/** What is written to the device row at the end of an operation [CAPF-3.4], [CAPF-7.2]. */
export const outcomeOf = (ending: Ending, context: SessionContext): Outcome => {
  const { device, status, fulfilled, issued, publicKeyDer } = ending
  const operation = device.operation as Exclude<Operation, 'none'>
  const installed = fulfilled && operation === 'install' && issued && publicKeyDer
  return {
    operation,
    ...(operation === 'install' ? { key: { keyOrder: device.keyOrder, rsaBits: device.rsaBits, ecBits: device.ecBits } } : {}),
    status: OP_STATUS[status][operation],
    fulfilled,
    ...(installed ? { certificate: storedCertificate(issued, publicKeyDer) } : {}),
    ...(fulfilled && operation === 'delete' ? { certificate: undefined } : {}),
    ...(fulfilled && device.authMode === 'string' && context.options.oneTimeAuthString
      ? { spentAuthString: device.authString }
      : {}),
    ...requestOutcome(ending),
    ...(ending.wrongString ? afterWrongString(device, context) : {}),
  }
}
