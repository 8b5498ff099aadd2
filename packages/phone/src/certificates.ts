import { CERTIFICATE_TYPE, type MessageOf, REASON } from '@capfkit/codec/capf'
import { certifiedKey, parseCertificate } from '@capfkit/pki'
import type { Decision, Situation } from './decision.ts'
import type { MadeKey } from './device.ts'

/** Whether the certificate is well formed and certifies exactly this key. */
const certifies = (certificateDer: Buffer, key: MadeKey): boolean => {
  // A wrong certificate does not hold these bytes at all; only one that does is taken apart, to see them in their place.
  if (!certificateDer.includes(key.publicKeyDer)) return false
  try {
    return certifiedKey(certificateDer).equals(key.publicKeyDer)
  } catch {
    return false
  }
}

const isValidAt = (certificateDer: Buffer, ms: number): boolean => {
  const { notBefore, notAfter } = parseCertificate(certificateDer)
  return notBefore.getTime() <= ms && ms <= notAfter.getTime()
}

/**
 * Keep the certificate if it is an LSC for the key that was made last, in this session or in one before [CAPF-3.8]; the LSC from
 * before stays otherwise.
 */
export const storeCertificate = (situation: Situation, message: MessageOf<'STORE_CERTIFICATE_REQUEST'>): Decision => {
  const key = situation.device.pendingKey
  const { certificateType, certificateDer } = message.certificate
  const isLsc = (message.certificateType ?? certificateType) === CERTIFICATE_TYPE.LSC
  const isOf = isLsc && key && certifies(certificateDer, key)
  const isTimely = !isOf || situation.clockMs === undefined || isValidAt(certificateDer, situation.clockMs)
  if (!isOf || !isTimely) {
    const detail = !isLsc
      ? { detail: 'a phone stores nothing but an LSC' }
      : isTimely
        ? {}
        : { detail: 'it is not valid by the clock of the phone' }
    return {
      reply: { name: 'STORE_CERTIFICATE_RESPONSE', reason: REASON.REFUSED },
      trouble: { code: 'PHONE_WRONG_CERTIFICATE', ...detail },
    }
  }
  return {
    reply: { name: 'STORE_CERTIFICATE_RESPONSE', reason: REASON.DONE },
    install: {
      // A copy: the message is a view into what the socket delivered.
      certificateDer: Buffer.from(certificateDer),
      // Still a getter: a pooled key is parsed when the phone first signs with it, if ever.
      get privateKey() {
        return key.privateKey
      },
    },
  }
}

/** Show the LSC, or the MIC where the server asks for that. */
export const fetchCertificate = (situation: Situation, message: MessageOf<'FETCH_CERTIFICATE_REQUEST'>): Decision => {
  const { certificateType = CERTIFICATE_TYPE.LSC } = message
  const { lsc, mic } = situation.device
  const credential = certificateType === CERTIFICATE_TYPE.MIC ? mic : certificateType === CERTIFICATE_TYPE.LSC ? lsc : undefined
  if (!credential) {
    return {
      reply: { name: 'FETCH_CERTIFICATE_RESPONSE', reason: REASON.REFUSED },
      trouble: { code: 'PHONE_NOTHING_TO_FETCH' },
    }
  }
  const certificate = { certificateType, certificateDer: credential.certificateDer }
  return { reply: { name: 'FETCH_CERTIFICATE_RESPONSE', reason: REASON.DONE, certificate } }
}

/** Forget the LSC. The MIC cannot be deleted. */
export const deleteCertificate = (situation: Situation, message: MessageOf<'DELETE_CERTIFICATE_REQUEST'>): Decision => {
  const isLsc = (message.certificateType ?? CERTIFICATE_TYPE.LSC) === CERTIFICATE_TYPE.LSC
  if (!isLsc || !situation.device.lsc) {
    const detail = isLsc ? {} : { detail: 'only an LSC can be deleted' }
    return {
      reply: { name: 'DELETE_CERTIFICATE_RESPONSE', reason: REASON.REFUSED },
      trouble: { code: 'PHONE_NOTHING_TO_DELETE', ...detail },
    }
  }
  return { reply: { name: 'DELETE_CERTIFICATE_RESPONSE', reason: REASON.DONE }, remove: true }
}
