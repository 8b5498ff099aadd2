import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { CERTIFICATE_TYPE, DIGEST_TYPE, type MessageOf, type SudiValue } from '@capfkit/codec/capf'
import {
  type CertificateAndKey,
  CertificateIssuer,
  CURVES,
  type DistinguishedName,
  type KeySpec,
  lscSubject,
  micSubject,
  parseCertificate,
  publicKeyDerOf,
  readCertificateAndKey,
  signAuthentication,
  signSudi,
} from '@capfkit/pki'

/** A moment at which the recorded certificates are valid: the clock of every test that looks at dates. */
export const NOW = new Date('2026-12-01T00:00:00Z')
export const DAY_MS = 86_400_000
export const later = (ms: number): Date => new Date(NOW.getTime() + ms)

export const pemFile = (name: string): string => fileURLToPath(new URL(`../../../test-vectors/pem/${name}.pem`, import.meta.url))

/** A certificate with its key, and what a phone proves itself with. */
export type Credential = Pick<CertificateAndKey, 'certificateDer' | 'privateKey'>

export const recorded = (name: string): CertificateAndKey => readCertificateAndKey(pemFile(name))

/** The CAPF certificate of the recorded sessions, and the pretended manufacturer. */
export const capf = recorded('capf')
export const manufacturer = recorded('mca')

const issue = async (options: {
  issuer: Credential
  profile: 'lsc' | 'mic'
  subject: DistinguishedName
  privateKey: KeyObject
  at: Date
  days: number
}): Promise<Credential> => {
  const { issuer, profile, subject, privateKey, at, days } = options
  const signer = CertificateIssuer.create({ ...issuer, profile, days, now: () => at, backdateMs: 0 })
  const { certificateDer } = await signer.issue({ subject, publicKeyDer: publicKeyDerOf(privateKey) })
  return { certificateDer, privateKey }
}

type Wanted = { deviceName: string; privateKey?: KeyObject; at?: Date; days?: number; issuer?: Credential }

const rsaKey = recorded('lsc-rsa2048-SEP00000000C001').privateKey
export const ecKey = (curve: keyof typeof CURVES = 'secp256r1'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve: CURVES[curve].node }).privateKey

export const newLsc = ({ deviceName, privateKey = rsaKey, at = later(-DAY_MS), days = 365, issuer = capf }: Wanted) => {
  const subject = lscSubject({ deviceName, issuer: parseCertificate(issuer.certificateDer).subject })
  return issue({ issuer, profile: 'lsc', subject, privateKey, at, days })
}

export const newMic = ({ deviceName, privateKey = rsaKey, at = later(-DAY_MS), days = 3650, issuer = manufacturer }: Wanted) =>
  issue({ issuer, profile: 'mic', subject: micSubject({ deviceName, model: '8861' }), privateKey, at, days })

/** Fields of an AUTH_RESPONSE by existing certificate; `signedName` is what the signatures cover. */
export const proof = (options: {
  credential: Credential
  deviceName: string
  signedName?: string
  certificateType?: number
}): Pick<MessageOf<'AUTH_RESPONSE'>, 'certificate' | 'signedData' | 'sha2SignedData'> => {
  const { credential, deviceName, signedName = deviceName, certificateType = CERTIFICATE_TYPE.LSC } = options
  const { signedData, sha2SignedData } = signAuthentication({ deviceName: signedName, ...credential })
  return {
    certificate: { certificateType, certificateDer: credential.certificateDer },
    signedData,
    sha2SignedData: { digestType: DIGEST_TYPE.SHA512, signature: sha2SignedData },
  }
}

export const sudiOf = ({ credential, sessionId }: { credential: Credential; sessionId: number }): SudiValue => ({
  certificateDer: credential.certificateDer,
  ...signSudi({ ...credential, sessionId }),
})

/** A public key of this kind, SubjectPublicKeyInfo. Of an RSA key nobody has the private half: CAPF never asks for it. */
export const publicKey = (spec: KeySpec): Buffer => {
  if (spec.type === 'ec') return publicKeyDerOf(ecKey(spec.curve))
  const modulus = randomBytes(spec.bits / 8)
  modulus[0]! |= 0x80
  modulus[modulus.length - 1]! |= 1
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
}

export const flipped = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])
