import { CodedError } from '@capfkit/codec/errors'

/** Every way in which this package refuses something. Codes are stable and can be searched for; the sentences may improve. */
export const PKI_ERRORS = {
  PKI_KEY_SPEC: 'not a key specification: rsa:512, rsa:1024, rsa:2048, rsa:3072, rsa:4096, ec:p256, ec:p384 or ec:p521',
  PKI_BAD_PUBLIC_KEY: 'not a SubjectPublicKeyInfo of a key type, size or curve that CAPF knows',
  PKI_BAD_PRIVATE_KEY: 'no private key of a type, size and curve that CAPF knows is there, or it has a passphrase',
  PKI_KEY_TYPE: 'this signature needs an RSA key',
  PKI_KEY_TOO_SMALL: 'the key is too small for this signature: SHA-512 needs RSA of at least 1024 bits',
  PKI_KEY_MISMATCH: 'the private key does not belong to this certificate',
  PKI_SIGNER_KEY: 'only RSA-512, 1024, 2048 and 4096 can sign trust lists and configuration files',
  PKI_TOO_MANY_SAST: 'a trust list has at most two SAST records: phones look at no more',
  PKI_SIGNER_NOT_IN_LIST:
    'the signer is not in the list with a role that may sign (SAST, CCM+TFTP, TFTP), so no phone could check it',
  PKI_RESET_TOO_OFTEN: 'this list was reset three times, and no reader takes a further header: reset the list of before',
  PKI_DECRYPT_FAILED: 'the file cannot be decrypted with this key',
  PKI_BAD_CONTENT_DIGEST: 'what was decrypted is not what was encrypted: its digest differs',
  PKI_NOT_ENCRYPTED: 'the file is not an encrypted one',
  PKI_BAD_DER: 'not well-formed DER',
  PKI_BAD_PEM: 'not PEM, or no block with the expected label in it',
  PKI_BAD_NAME: 'not a distinguished name',
  PKI_BAD_DEVICE_NAME: 'not a device name: letters, digits, dot, dash and underscore, at most 128 characters',
  PKI_BAD_CERTIFICATE: 'not an X.509 certificate',
  PKI_BAD_CSR: 'not a PKCS#10 certificate request',
  PKI_BAD_CSR_ATTRS: 'not the attributes that an EST server asks requests to have',
  PKI_BAD_PKCS7: 'not a PKCS#7 that carries certificates',
  PKI_NOT_A_CA: 'this certificate may not issue certificates',
  PKI_ISSUER_EXPIRED: 'the issuer certificate has expired, so nothing that it signs now would be accepted',
  PKI_BAD_VALIDITY: 'the number of days is outside what this kind of certificate allows',
  PKI_FILE_UNREADABLE: 'the file cannot be read: check its name and the right to read it',
  PKI_POOL_READ: 'the key pool cannot be read: check its name and the right to read it, or make one with capf keys generate',
  PKI_POOL_WRITE: 'the key pool cannot be written: see that its folder is there and can be written, and that the disk has room',
  PKI_NOT_A_FILE: 'something else than a regular file stands in the place of this file',
  PKI_POOL_COUNT: 'a key pool holds 1 to 10000000 keys',
  PKI_POOL_PERMISSIONS: 'other users can read this key pool: run chmod 600 on it',
  PKI_POOL_FORMAT: 'not a key pool, or one that was damaged: make another with capf keys generate',
  PKI_POOL_VERSION: 'this key pool was written in a format that this version does not know: make another with capf keys generate',
  PKI_POOL_TRUNCATED: 'the key pool is not as long as its header says: make another with capf keys generate',
  PKI_POOL_INDEX: 'the key pool has no key with this index',
} as const

export type PkiErrorCode = keyof typeof PKI_ERRORS

/** What this package throws. `where` names the thing that was refused, never its secret content; the original is in `cause`. */
export class PkiError extends CodedError<PkiErrorCode> {
  override readonly name = 'PkiError'

  constructor(code: PkiErrorCode, { where, ...options }: { where: string; cause?: unknown }) {
    super(code, { where, what: PKI_ERRORS[code] }, options)
  }
}
