import { createHash, timingSafeEqual } from 'node:crypto'
import { CERTIFICATE_TYPE, type MessageOf } from '@capfkit/codec/capf'
import {
  type Certificate,
  certificateNamesDevice,
  parseCertificate,
  readPublicKey,
  type TrustStore,
  validateChain,
  verifyAuthentication,
  verifySudi,
} from '@capfkit/pki'
import type { Device } from './device.ts'
import type { OpStatus } from './status.ts'

/** Whom the server believes: issuers of LSCs and issuers of MICs, parsed once. */
export type Trust = { lsc: TrustStore; mic: TrustStore }

export type AuthenticationInput = {
  device: Device
  response: MessageOf<'AUTH_RESPONSE'>
  sessionId: number
  trust: Trust
  at: Date
  requireSudi: boolean
}

/** Why a phone is not believed. `wrongString` counts towards the lock of the device. */
export type Refusal = { status: OpStatus; detail: string; wrongString?: true }

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Strings of any length in constant time: their digests are compared. */
const sameSecret = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))

const byString = ({ device, response, at }: AuthenticationInput): Refusal | undefined => {
  const status = 'CAPF_OP_FAIL_INVALID_AUTH_STR'
  if (device.lockedUntilMs > at.getTime()) return { status, detail: 'locked after too many wrong authentication strings' }
  if (device.authString === undefined) return { status, detail: 'no authentication string is set for this device, or it was used' }
  if (!response.password) return { status, detail: 'no authentication string was sent' }
  return sameSecret(response.password, device.authString)
    ? undefined
    : { status, detail: 'wrong authentication string', wrongString: true }
}

const knows = (store: TrustStore, { issuerDer }: Certificate) => store.withSubject(issuerDer).length > 0

/** Chain, dates and name of one certificate, with the status that its kind fails with [CAPF-4.3]. */
const checkCertificate = (input: AuthenticationInput, presented: { der: Buffer; claimsMic: boolean }): Refusal | Certificate => {
  const { device, trust, at } = input
  let status: OpStatus = presented.claimsMic ? 'CAPF_OP_FAIL_INVALID_MIC' : 'CAPF_OP_FAIL_INVALID_LSC'
  try {
    const certificate = parseCertificate(presented.der)
    // Some phones say LSC of every certificate: who issued it tells more than what it calls itself.
    const isMic = knows(trust.mic, certificate) || (presented.claimsMic && !knows(trust.lsc, certificate))
    status = isMic ? 'CAPF_OP_FAIL_INVALID_MIC' : 'CAPF_OP_FAIL_INVALID_LSC'
    const chain = validateChain({ leaf: certificate, trusted: isMic ? trust.mic : trust.lsc, at, purpose: 'deviceAuthentication' })
    if (!chain.ok) return { status, detail: `${chain.code}: ${chain.detail}` }
    return certificateNamesDevice(certificate, device.name)
      ? certificate
      : { status, detail: 'the certificate is of another device' }
  } catch (error) {
    return { status, detail: error instanceof Error ? error.message : String(error) }
  }
}

const isRefusal = (value: Refusal | Certificate): value is Refusal => 'status' in value

const bySudi = (input: AuthenticationInput): Refusal | undefined => {
  const { response, sessionId, requireSudi, trust } = input
  const status = 'CAPF_OP_FAIL_INVALID_CREDENTIALS'
  if (!response.sudi) return requireSudi ? { status, detail: 'SUDI_DATA is required and was not sent' } : undefined
  // Without a manufacturing CA nothing can be said of a SUDI certificate: it neither helps nor harms.
  if (!requireSudi && trust.mic.size === 0) return undefined
  const certificate = checkCertificate(input, { der: response.sudi.certificateDer, claimsMic: true })
  if (isRefusal(certificate)) return certificate
  const { certificateDer, sha1Signature, sha512Signature } = response.sudi
  const { key: publicKey } = readPublicKey(certificate.publicKeyDer)
  const verdict = verifySudi({
    sessionId,
    certificateDer,
    publicKey,
    ...(sha1Signature ? { sha1Signature } : {}),
    ...(sha512Signature ? { sha512Signature } : {}),
  })
  return verdict === 'ok' ? undefined : { status, detail: `SUDI signature ${verdict}` }
}

const byCertificate = (input: AuthenticationInput): Refusal | undefined => {
  const { device, response } = input
  if (!response.certificate) {
    const status = device.authMode === 'mic' ? 'CAPF_OP_FAIL_INVALID_MIC' : 'CAPF_OP_FAIL_INVALID_LSC'
    return { status, detail: 'no certificate was presented' }
  }
  const { certificateDer, certificateType } = response.certificate
  const claimsMic = certificateType === CERTIFICATE_TYPE.MIC || device.authMode === 'mic'
  const certificate = checkCertificate(input, { der: certificateDer, claimsMic })
  if (isRefusal(certificate)) return certificate
  const verdict = verifyAuthentication({
    // Signed as it was sent: the comparison without case is for looking the device up.
    deviceName: response.deviceName,
    certificateDer,
    publicKey: readPublicKey(certificate.publicKeyDer).key,
    ...(response.signedData ? { signedData: response.signedData } : {}),
    ...(response.sha2SignedData ? { sha2SignedData: response.sha2SignedData.signature } : {}),
  })
  if (verdict !== 'ok') return { status: 'CAPF_OP_FAIL_INVALID_CREDENTIALS', detail: `signature over the device name ${verdict}` }
  return bySudi(input)
}

const CHECKS = { null: () => undefined, string: byString, lsc: byCertificate, mic: byCertificate } as const

/**
 * Does the phone prove what its authentication mode demands? [CAPF-4.1] null string, [CAPF-4.2] string, [CAPF-4.3] certificate.
 *
 * SIGNED_DATA carries no nonce and can be replayed by whoever recorded it; SUDI_DATA is bound to the session id and cannot.
 */
export const authenticate = (input: AuthenticationInput): Refusal | undefined => {
  try {
    return CHECKS[input.device.authMode](input)
  } catch (error) {
    // A key or signature that the crypto library chokes on is a wrong credential, not a failure of the server.
    return { status: 'CAPF_OP_FAIL_INVALID_CREDENTIALS', detail: error instanceof Error ? error.message : String(error) }
  }
}
