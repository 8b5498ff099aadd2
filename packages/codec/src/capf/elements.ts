import { el } from '../frame/protocol.ts'
import { bytes, cstring, text, u8, u16 } from '../frame/values.ts'
import { certificate, hashedSignature, sudi } from './values.ts'

/** Every element of CAPF [CAPF-2.2], in the order of its tag, which is also the canonical order inside a message. */
export const ELEMENTS = {
  REASON: el(1, { key: 'reason', codec: u8, doc: 'how the step ended, see REASON' }),
  REASON_INFO: el(2, { key: 'reasonInfo', codec: text, doc: 'words about the reason' }),
  CERTIFICATE_TYPE: el(3, { key: 'certificateType', codec: u8, doc: '1 LSC, 2 MIC' }),
  CERTIFICATE: el(4, { key: 'certificate', codec: certificate, doc: 'one certificate' }),
  CERTIFICATE_ID: el(5, { key: 'certificateId', codec: bytes, doc: 'layout unknown, kept as bytes' }),
  SIGNED_DATA: el(6, { key: 'signedData', codec: bytes, doc: 'signature over a bare SHA-1, see clause 4.3' }),
  VERSION: el(7, { key: 'version', codec: u8, doc: 'protocol version, 2 or 3' }),
  AUTH_TYPE: el(8, { key: 'authType', codec: u8, doc: 'see AUTH_TYPE' }),
  PUBLIC_KEY: el(9, { key: 'publicKeyDer', codec: bytes, doc: 'SubjectPublicKeyInfo, DER' }),
  KEY_SIZE: el(10, { key: 'keySizeBits', codec: u16, doc: 'RSA modulus in bits' }),
  PASSWORD: el(11, { key: 'password', codec: cstring, doc: 'authentication string' }),
  RETRY_DELAY: el(12, { key: 'retryDelaySeconds', codec: u16, ours: true, doc: 'seconds until the client should come back' }),
  DEVICE_NAME: el(13, { key: 'deviceName', codec: cstring, doc: 'device name, at most 128 characters' }),
  SUDI_DATA: el(16, { key: 'sudi', codec: sudi, doc: 'manufacturer certificate and signatures over the session id' }),
  KEY_TYPE: el(17, { key: 'keyType', codec: u8, doc: '0 RSA, 1 EC' }),
  CURVE: el(18, { key: 'curve', codec: u8, doc: '0 secp256r1, 1 secp384r1, 2 secp521r1' }),
  DIGEST_TYPE: el(19, { key: 'digestType', codec: u8, doc: '1 SHA-1, 2 SHA-256, 3 SHA-512' }),
  SHA2_SIGNED_DATA: el(20, { key: 'sha2SignedData', codec: hashedSignature, doc: 'as SIGNED_DATA over a bare SHA-512' }),
} as const

export type ElementName = keyof typeof ELEMENTS
export const ELEMENT_NAMES = Object.keys(ELEMENTS) as readonly ElementName[]

/** Values of REASON [CAPF-2.2]. Not the CAPF_OP_* status codes: the two stay apart. */
export const REASON = { NO_ACTION: 0, DONE: 1, REFUSED: 7, UNKNOWN_DEVICE: 9 } as const

/** Values of AUTH_TYPE [CAPF-2.2]. */
export const AUTH_TYPE = { NONE: 0, PASSWORD: 1, NO_PASSWORD: 2, LSC: 3, MIC: 4 } as const

/** Values of CERTIFICATE_TYPE and of the type byte in CERTIFICATE [CAPF-2.2]. */
export const CERTIFICATE_TYPE = { LSC: 1, MIC: 2 } as const

/** Values of KEY_TYPE [CAPF-2.2]. */
export const KEY_TYPE = { RSA: 0, EC: 1 } as const

/** Values of CURVE [CAPF-2.2]. */
export const CURVE = { secp256r1: 0, secp384r1: 1, secp521r1: 2 } as const

/** Values of DIGEST_TYPE and of the hash byte in SHA2_SIGNED_DATA [CAPF-2.2]. */
export const DIGEST_TYPE = { SHA1: 1, SHA256: 2, SHA512: 3 } as const

/** The number tables by the element that carries them: `capf decode` and the docs print the name beside the number. */
export const NAMED_VALUES: Partial<Record<ElementName, Readonly<Record<string, number>>>> = {
  REASON,
  AUTH_TYPE,
  CERTIFICATE_TYPE,
  KEY_TYPE,
  CURVE,
  DIGEST_TYPE,
}
