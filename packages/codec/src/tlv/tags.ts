import {
  asBytes,
  asColonHex,
  asFingerprint,
  asHashName,
  asHex,
  asHexRows,
  asNumber,
  asRole,
  asText,
  asVersion,
  type Print,
} from './print.ts'
import { bytes, ipv4, text, u8, u16, u32, type ValueCodec, version } from './values.ts'

/** A field with a value: its tag, its name in a parsed file, how it is laid out, and how `show itl` prints it [TRUST-7]. */
export type ValueField<T = unknown> = {
  readonly tag: number
  readonly key: string
  readonly codec: ValueCodec<T>
  readonly required?: true
  readonly doc: string
  /** What stands under VALUE; without it nothing does. */
  readonly print?: Print
  /** Printed as `name: value` above the table instead of in it. */
  readonly isAbove?: true
  /** Lines below the field. */
  readonly printBelow?: (value: never) => readonly string[]
}
/** A field that holds others. */
export type ContainerField = {
  readonly tag: number
  readonly key: string
  readonly fields: FieldTable
  readonly required?: true
  readonly doc: string
}
export type Field = ValueField | ContainerField
export type FieldTable = { readonly [printName: string]: Field }

/** The single byte without a length that fills a header up to a multiple of four [TRUST-2]. */
export const PADDING_TAG = 13

/** Names of the fields, as `show itl` prints them with its own spelling, are the keys of these tables [TRUST-2], [TRUST-3]. */
const SIGNER_FIELDS = {
  SIGNERNAME: { tag: 4, key: 'name', codec: text, print: asText, required: true, doc: 'subject of the signer' },
  SERIALNUMBER: {
    tag: 5,
    key: 'serialNumber',
    codec: bytes,
    print: asColonHex,
    required: true,
    doc: 'serial number of its certificate',
  },
  CANAME: { tag: 6, key: 'issuerName', codec: text, print: asText, required: true, doc: 'issuer of its certificate' },
} as const

const SIGNATURE_ALGORITHM_FIELDS = {
  SIGNATUREALGORTITHM: { tag: 10, key: 'algorithm', codec: u8, required: true, doc: '0 RSA, PKCS#1 v1.5' },
  SIGNATUREMODULUS: { tag: 11, key: 'modulus', codec: u8, required: true, doc: 'signature bytes: 0 64, 1 128, 2 256, 3 512' },
} as const

const SIGNATURE_INFO_FIELDS = {
  DIGESTALGORTITHM: { tag: 8, key: 'digest', codec: u8, required: true, doc: '1 SHA-1, 2 SHA-256, 3 SHA-512' },
  SIGNATUREALGOINFO: { tag: 9, key: 'signature', fields: SIGNATURE_ALGORITHM_FIELDS, required: true, doc: 'how it was signed' },
} as const

const CONTENT_CIPHER_FIELDS = {
  CONTENTCIPHER: { tag: 18, key: 'algorithm', codec: u8, required: true, doc: '0 AES-128-CBC' },
  CONTENTIV: { tag: 19, key: 'iv', codec: bytes, required: true, doc: '16 bytes' },
  CONTENTPADDING: { tag: 20, key: 'paddingBytes', codec: u16, required: true, doc: 'bytes 0x0d behind the content' },
} as const

const KEY_CIPHER_FIELDS = {
  KEYCIPHER: { tag: 22, key: 'algorithm', codec: u8, required: true, doc: '0 RSA' },
  KEYSIZE: { tag: 23, key: 'keySizeBits', codec: u16, required: true, doc: "size of the phone's key" },
  KEYPADDING: { tag: 24, key: 'padding', codec: u8, required: true, doc: '1 PKCS#1 v1.5' },
  ENCRYPTEDKEY: { tag: 25, key: 'encryptedKey', codec: bytes, required: true, doc: 'the content key for the phone' },
} as const

const ENCRYPTION_FIELDS = {
  CONTENTCIPHERINFO: { tag: 17, key: 'content', fields: CONTENT_CIPHER_FIELDS, required: true, doc: 'cipher of the content' },
  KEYCIPHERINFO: { tag: 21, key: 'key', fields: KEY_CIPHER_FIELDS, required: true, doc: "cipher of the content's key" },
} as const

/** The header of every signed file, in the order in which CUCM writes it [TRUST-2]. */
export const HEADER_FIELDS = {
  Version: {
    tag: 1,
    key: 'version',
    codec: version,
    print: asVersion,
    isAbove: true,
    required: true,
    doc: '1.0 to 1.2; 2.0 where the content is encrypted',
  },
  HeaderLength: {
    tag: 2,
    key: 'headerLength',
    codec: u16,
    print: asBytes,
    isAbove: true,
    required: true,
    doc: 'of this header and of all behind it, padding included',
  },
  SIGNERVERSION: { tag: 28, key: 'signerVersion', codec: version, print: asVersion, doc: '1.0, or 1.1 where HTTPS 6971 is served' },
  SIGNERID: { tag: 3, key: 'signer', fields: SIGNER_FIELDS, required: true, doc: 'who signed' },
  SIGNATUREINFO: { tag: 7, key: 'signatureInfo', fields: SIGNATURE_INFO_FIELDS, required: true, doc: 'how it was signed' },
  SIGNATURE: {
    tag: 12,
    key: 'signature',
    codec: bytes,
    printBelow: asHexRows,
    required: true,
    doc: 'over the whole file without this field',
  },
  FILENAME: { tag: 14, key: 'fileName', codec: text, doc: 'the name that the file was made for' },
  TIMESTAMP: { tag: 15, key: 'timestamp', codec: u32, doc: 'seconds since 1970' },
  ENCRYPTIONINFO: { tag: 16, key: 'encryption', fields: ENCRYPTION_FIELDS, doc: 'how the content was encrypted' },
  CONTENTDIGESTALGORITHM: { tag: 26, key: 'contentDigestAlgorithm', codec: u8, doc: 'as DIGESTALGORTITHM, of the plain content' },
  CONTENTDIGEST: { tag: 27, key: 'contentDigest', codec: bytes, doc: 'digest of the plain content' },
} as const

/** A record of a trust list, in the order in which CUCM writes it [TRUST-3]. */
export const RECORD_FIELDS = {
  RECORDLENGTH: {
    tag: 1,
    key: 'recordLength',
    codec: u16,
    print: asNumber,
    required: true,
    doc: 'of the record, this field included',
  },
  DNSNAME: { tag: 2, key: 'dnsName', codec: text, print: asText, doc: 'name of the server, often blank' },
  SUBJECTNAME: { tag: 3, key: 'subjectName', codec: text, print: asText, doc: 'subject of the certificate' },
  FUNCTION: { tag: 4, key: 'role', codec: u16, print: asRole, required: true, doc: 'what the certificate is good for' },
  ISSUERNAME: { tag: 5, key: 'issuerName', codec: text, print: asText, doc: 'issuer of the certificate' },
  SERIALNUMBER: { tag: 6, key: 'serialNumber', codec: bytes, print: asColonHex, doc: 'serial number of the certificate' },
  PUBLICKEY: { tag: 7, key: 'publicKey', codec: bytes, doc: 'RSAPublicKey, DER; an EC point, uncompressed' },
  SIGNATURE: { tag: 8, key: 'signature', codec: bytes, doc: "the certificate's own signature" },
  CERTIFICATE: { tag: 9, key: 'certificateDer', codec: bytes, print: asFingerprint, doc: 'the whole certificate, DER' },
  IPADDRESS: { tag: 10, key: 'ipAddress', codec: ipv4, doc: 'IPv4 address of the server' },
  CERTHASH: { tag: 11, key: 'certificateHash', codec: bytes, print: asHex, doc: 'instead of the certificate: its hash' },
  'HASH ALGORITHM': { tag: 12, key: 'hashAlgorithm', codec: u8, print: asHashName, doc: 'as DIGESTALGORTITHM, of CERTHASH' },
} as const

type ValueOf<F> = F extends { codec: ValueCodec<infer T> }
  ? T
  : F extends { fields: infer I extends FieldTable }
    ? ValuesOf<I>
    : never
type Flat<T> = { [K in keyof T]: T[K] }
type RequiredNames<T extends FieldTable> = { [N in keyof T]: T[N] extends { required: true } ? N : never }[keyof T]

/** What a table's fields become: an object with each field's `key`. */
export type ValuesOf<T extends FieldTable> = Flat<
  { readonly [N in RequiredNames<T> as T[N]['key']]: ValueOf<T[N]> } & {
    readonly [N in Exclude<keyof T, RequiredNames<T>> as T[N]['key']]?: ValueOf<T[N]>
  }
>

/** Values of DIGESTALGORTITHM [TRUST-2]. SHA-256 is known as a number only. */
export const DIGESTS = { 1: 'sha1', 2: 'sha256', 3: 'sha512' } as const
export type Digest = (typeof DIGESTS)[keyof typeof DIGESTS]

/** Bytes of a signature by its SIGNATUREMODULUS [TRUST-2]. */
export const MODULUS_BYTES = [64, 128, 256, 512] as const
