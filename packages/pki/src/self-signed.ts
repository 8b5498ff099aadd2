import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { SubjectAltName } from './extensions.ts'
import type { KeyPair } from './keys.ts'
import { type DistinguishedName, encodeName } from './name.ts'
import { PROFILES, type Profile, type ProfileName } from './profiles.ts'
import { type RandomBytes, randomSerialNumber } from './serial-number.ts'
import { defaultDigest, signatureAlgorithmDer, signData } from './signature-algorithm.ts'
import {
  authorityKeyIdExtension,
  encodeCertificate,
  encodeTbs,
  keyIdOf,
  profileExtensions,
  subjectAltNameExtension,
  subjectKeyIdExtension,
  version3,
} from './tbs-certificate.ts'
import { DAY_MS, validDays, wholeSeconds } from './validity.ts'

export type SelfSignedOptions = {
  profile: ProfileName
  subject: DistinguishedName
  keyPair: KeyPair
  notBefore: Date
  /** From `notBefore`. Default and maximum are the profile's. */
  days?: number
  subjectAltName?: Partial<SubjectAltName>
  randomBytes?: RandomBytes
}

/** A certificate whose issuer is its subject, DER. @throws {PkiError} `PKI_BAD_NAME`, `PKI_BAD_VALIDITY` */
export const createSelfSigned = async (options: SelfSignedOptions): Promise<Buffer> => {
  const profile: Profile = PROFILES[options.profile]
  const { spec, privateKey, publicKeyDer } = options.keyPair
  const digest = defaultDigest(spec)
  const algorithm = signatureAlgorithmDer({ spec, digest })
  const name = encodeName(options.subject)
  const keyId = keyIdOf(publicKeyDer)
  const begin = wholeSeconds(options.notBefore.getTime())
  const tbs = encodeTbs({
    version: version3(),
    serialNumber: randomSerialNumber(options.randomBytes ?? cryptoRandomBytes),
    algorithm,
    issuer: name,
    notBefore: begin,
    notAfter: new Date(begin.getTime() + validDays(profile, options.days) * DAY_MS),
    subject: name,
    publicKey: publicKeyDer,
    extensions: [
      profileExtensions(profile, spec.type),
      subjectKeyIdExtension(keyId),
      authorityKeyIdExtension(keyId),
      ...subjectAltNameExtension(options.subjectAltName),
    ],
  })
  return encodeCertificate({ tbs, algorithm, signature: await signData({ data: tbs, digest, privateKey }) })
}
