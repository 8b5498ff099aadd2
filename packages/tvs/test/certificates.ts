import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  type CertificateAndKey,
  createSelfSigned,
  type DistinguishedName,
  publicKeyDerOf,
  readCertificateAndKey,
} from '@capfkit/pki'

/** A moment at which the recorded certificates are valid: the clock of every test. */
export const NOW = new Date('2026-12-01T00:00:00Z')
export const DAY_MS = 86_400_000
export const later = (ms: number): Date => new Date(NOW.getTime() + ms)

const pemFile = (name: string) => fileURLToPath(new URL(`../../../test-vectors/pem/${name}.pem`, import.meta.url))

export const recorded = (name: string): CertificateAndKey => readCertificateAndKey(pemFile(name))

export const tvs = recorded('tvs')
export const capf = recorded('capf').certificateDer
export const unknown = recorded('mic-rsa').certificateDer

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyPair = { spec: { type: 'ec', curve: 'secp256r1' } as const, privateKey, publicKeyDer: publicKeyDerOf(privateKey) }

/** A self-signed certificate with these dates. */
export const newCertificate = (what: { subject: DistinguishedName; notBefore?: Date; days?: number }): Promise<Buffer> => {
  const { subject, notBefore = later(-DAY_MS), days = 365 } = what
  return createSelfSigned({ profile: 'service', subject, keyPair, notBefore, days })
}
