import { constants, type KeyObject, privateEncrypt } from 'node:crypto'
import { DIGEST_TYPE, type MessageOf, REASON } from '@capfkit/codec/capf'
import { publicKeySpec } from '@capfkit/pki'
import type { Decision, Situation } from './decision.ts'
import type { Device, MadeKey } from './device.ts'

/** The DER in front of a digest that makes it a DigestInfo (RFC 8017 §9.2 note 1), and the digest's length in bytes. */
const DIGEST_INFO: ReadonlyMap<number, { prefix: Buffer; bytes: number }> = new Map([
  [DIGEST_TYPE.SHA1, { prefix: Buffer.from('3021300906052b0e03021a05000414', 'hex'), bytes: 20 }],
  [DIGEST_TYPE.SHA256, { prefix: Buffer.from('3031300d060960864801650304020105000420', 'hex'), bytes: 32 }],
  [DIGEST_TYPE.SHA512, { prefix: Buffer.from('3051300d060960864801650304020305000440', 'hex'), bytes: 64 }],
])

/** PKCS#1 v1.5 over a digest that somebody else computed. Node signs only what it hashes itself, so the padding is done here. */
const signDigest = (what: { digestType: number; digest: Buffer; privateKey: KeyObject }): Buffer | undefined => {
  const row = DIGEST_INFO.get(what.digestType)
  // ECDSA over a ready digest is nothing that node:crypto offers; CUCM's Online CA knows RSA only, too.
  if (!row || what.digest.length !== row.bytes || what.privateKey.asymmetricKeyType !== 'rsa') return undefined
  return privateEncrypt({ key: what.privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([row.prefix, what.digest]))
}

/** Says in KEY_GENERATE_RESPONSE that the phone signs requests with this key: only where it was told to, and RSA only [CAPF-3.7]. */
export const signatureOffer = ({ options, protocolVersion }: Device, { publicKeyDer }: MadeKey): { digestType?: number } => {
  if (!options.signRequests || protocolVersion < 3 || publicKeySpec(publicKeyDer).type !== 'rsa') return {}
  return { digestType: DIGEST_TYPE.SHA256 }
}

/** Sign the certificate request that the server built, with the key just made and with no other [CAPF-3.7]. */
export const signRequest = (situation: Situation, message: MessageOf<'SIGN_CERTIFICATE_REQUEST'>): Decision => {
  const { device, key } = situation
  if (!device.options.signRequests)
    return { trouble: { code: 'PHONE_UNEXPECTED_MESSAGE', detail: 'signRequests is off' }, over: {} }
  const { digestType, signedData: digest } = message
  const signedData = key && signDigest({ digestType, digest, privateKey: key.privateKey })
  if (!signedData) {
    return { reply: { name: 'END_SESSION', reason: REASON.REFUSED }, trouble: { code: 'PHONE_CANNOT_SIGN' }, over: {} }
  }
  return { reply: { name: 'SIGN_CERTIFICATE_RESPONSE', signedData } }
}
