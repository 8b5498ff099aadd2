import { hash } from 'node:crypto'
import { bitString, explicit, integer, sequence, time } from './der.ts'
import {
  encodeAuthorityKeyId,
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyId,
  extension,
  type SubjectAltName,
} from './extensions.ts'
import type { KeySpec } from './key-spec.ts'
import type { Profile } from './profiles.ts'
import { subjectPublicKeyBits } from './public-key.ts'

/** SHA-1 of the public key bits, 20 bytes (RFC 5280 §4.2.1.2, method 1). A name for a key, not a protection. */
export const keyIdOf = (publicKeyDer: Buffer): Buffer => hash('sha1', subjectPublicKeyBits(publicKeyDer), 'buffer')

/** The extensions that every certificate of a profile and subject key type shares, DER, one after the other. */
export const profileExtensions = (profile: Profile, keyType: KeySpec['type']): Buffer =>
  Buffer.concat([
    extension('basicConstraints', { critical: true, value: encodeBasicConstraints(profile.basicConstraints) }),
    extension('keyUsage', { critical: true, value: encodeKeyUsage(profile.keyUsage[keyType]) }),
    ...(profile.extendedKeyUsage
      ? [extension('extendedKeyUsage', { value: encodeExtendedKeyUsage(profile.extendedKeyUsage) })]
      : []),
  ])

export const subjectKeyIdExtension = (keyId: Buffer) => extension('subjectKeyId', { value: encodeSubjectKeyId(keyId) })
export const authorityKeyIdExtension = (keyId: Buffer) => extension('authorityKeyId', { value: encodeAuthorityKeyId(keyId) })

/** Nothing where there are no other names. */
export const subjectAltNameExtension = (names?: Partial<SubjectAltName>): readonly Buffer[] =>
  names ? [extension('subjectAltName', { value: encodeSubjectAltName(names) })] : []

/** TBSCertificate, DER: every part but the times is DER already (RFC 5280 §4.1.2). `extensions` stand one after the other. */
export const encodeTbs = (parts: {
  version: Buffer
  serialNumber: Buffer
  algorithm: Buffer
  issuer: Buffer
  notBefore: Date
  notAfter: Date
  subject: Buffer
  publicKey: Buffer
  extensions: readonly Buffer[]
}): Buffer =>
  sequence(
    parts.version,
    integer(parts.serialNumber),
    parts.algorithm,
    parts.issuer,
    sequence(time(parts.notBefore), time(parts.notAfter)),
    parts.subject,
    parts.publicKey,
    explicit(3, sequence(...parts.extensions)),
  )

/** `[0] 2`: version 3, the only one with extensions. */
export const version3 = () => explicit(0, integer(2))

export const encodeCertificate = (parts: { tbs: Buffer; algorithm: Buffer; signature: Buffer }): Buffer =>
  sequence(parts.tbs, parts.algorithm, bitString(parts.signature))
