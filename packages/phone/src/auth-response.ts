import { DIGEST_TYPE, type MessageOf, REASON } from '@capfkit/codec/capf'
import { signSudi } from '@capfkit/pki'
import type { Decision } from './decision.ts'
import type { Device } from './device.ts'

type AuthResponse = Omit<MessageOf<'AUTH_RESPONSE'>, 'sessionId'>

const certificateElements = (device: Device): Partial<AuthResponse> => {
  const proof = device.prove()
  if (!proof) return {}
  const { credential, certificateType, signatures } = proof
  return {
    certificate: { certificateType, certificateDer: credential.certificateDer },
    signedData: signatures.signedData,
    sha2SignedData: { digestType: DIGEST_TYPE.SHA512, signature: signatures.sha2SignedData },
  }
}

const sudiElement = (device: Device, sessionId: number): Partial<AuthResponse> => {
  const credential = device.sudiCredential
  if (!credential) return {}
  const { certificateDer, privateKey } = credential
  return { sudi: { certificateDer, ...signSudi({ sessionId, certificateDer, privateKey }) } }
}

/**
 * Who the phone is, as its mode says [CAPF-3], [CAPF-4]. AUTH_TYPE of the request is not looked at: the server does not know
 * the device yet when it sends that [CAPF-3.0], and a real CUCM leaves it out [CAPF-3.1].
 *
 * @throws {PkiError} when a key cannot sign.
 */
export const authResponse = (device: Device, sessionId: number): Decision => {
  const version = device.protocolVersion
  const password = device.authMode === 'string' ? (device.authString ?? '') : ''
  return {
    reply: {
      name: 'AUTH_RESPONSE',
      reason: REASON.DONE,
      version,
      deviceName: device.deviceName,
      // Version 2 clients have no PASSWORD, not even an empty one [CAPF-3.2].
      ...(version >= 3 ? { password } : {}),
      ...certificateElements(device),
      ...sudiElement(device, sessionId),
    },
  }
}
