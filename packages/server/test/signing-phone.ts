import { constants, generateKeyPairSync, type KeyObject, privateEncrypt } from 'node:crypto'
import { DIGEST_TYPE, type MessageOf } from '@capfkit/codec/capf'
import { publicKeyDerOf } from '@capfkit/pki'
import type { Said } from './scripted-phone.ts'

/** SHA-256 as a DigestInfo, without the digest (RFC 8017 §9.2 note 1). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Keys of phones that sign: making one takes a while, so the next one is there already. */
const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export const signDigest = (digest: Buffer, key: KeyObject): Buffer =>
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, digest]))

/** A phone's answers with a key of its own, which it offers to sign requests with [CAPF-3.7]. */
export const signing = (privateKey = newKey()) => {
  const publicKeyDer = publicKeyDerOf(privateKey)
  return {
    privateKey,
    publicKeyDer,
    answers: {
      KEY_GENERATE_REQUEST: (): Said => ({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer, digestType: DIGEST_TYPE.SHA256 }),
      SIGN_CERTIFICATE_REQUEST: ({ signedData }: MessageOf<'SIGN_CERTIFICATE_REQUEST'>): Said => ({
        name: 'SIGN_CERTIFICATE_RESPONSE',
        signedData: signDigest(signedData, privateKey),
      }),
    },
  }
}
