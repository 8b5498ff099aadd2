import { randomBytes as cryptoRandomBytes, type KeyObject } from 'node:crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { PkiError } from './errors.ts'
import type { SubjectAltName } from './extensions.ts'
import type { KeySpec } from './key-spec.ts'
import { publicKeyDerOf } from './keys.ts'
import { type DistinguishedName, encodeName, formatName } from './name.ts'
import { PROFILES, type Profile, type ProfileName } from './profiles.ts'
import { publicKeySpec } from './public-key.ts'
import { type RandomBytes, randomSerialNumber } from './serial-number.ts'
import { type Digest, defaultDigest, signatureAlgorithmDer, signData } from './signature-algorithm.ts'
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

export type IssuerOptions = {
  /** The issuer's certificate, DER. */
  certificateDer: Buffer
  privateKey: KeyObject
  profile: ProfileName
  /** How far before now a certificate begins, ms, so that a phone whose clock is slow accepts it. Default one hour. */
  backdateMs?: number
  /** Days from now until the end. Default and maximum are the profile's. */
  days?: number
  now: () => Date
  /** Default: node:crypto. */
  randomBytes?: RandomBytes
}

export type IssueRequest = {
  subject: DistinguishedName
  /** SubjectPublicKeyInfo, DER. */
  publicKeyDer: Buffer
  /** Other names of the subject, for servers. */
  subjectAltName?: Partial<SubjectAltName>
  /** Aborts before the signature; a signature that has begun is finished and thrown away. */
  signal?: AbortSignal
}

export type IssuedCertificate = { certificateDer: Buffer; serialNumber: Buffer; notAfter: Date }

/**
 * Signs certificates of one profile. All that does not change from one to the next is encoded once, here; a certificate is then
 * a matter of putting a few buffers together and one signature on the thread pool.
 */
export class CertificateIssuer {
  readonly certificate: Certificate
  readonly #privateKey: KeyObject
  readonly #days: number
  readonly #backdateMs: number
  readonly #now: () => Date
  readonly #randomBytes: RandomBytes
  readonly #digest: Digest
  readonly #version = version3()
  readonly #algorithm: Buffer
  readonly #authorityKeyId: Buffer
  readonly #extensions: Readonly<Record<KeySpec['type'], Buffer>>

  private constructor(options: IssuerOptions & { certificate: Certificate }) {
    const profile: Profile = PROFILES[options.profile]
    const { certificate } = options
    const spec = publicKeySpec(certificate.publicKeyDer)
    this.certificate = certificate
    this.#privateKey = options.privateKey
    this.#days = validDays(profile, options.days)
    this.#backdateMs = options.backdateMs ?? 3_600_000
    this.#now = options.now
    this.#randomBytes = options.randomBytes ?? cryptoRandomBytes
    this.#digest = defaultDigest(spec)
    this.#algorithm = signatureAlgorithmDer({ spec, digest: this.#digest })
    this.#authorityKeyId = authorityKeyIdExtension(certificate.extensions.subjectKeyId ?? keyIdOf(certificate.publicKeyDer))
    this.#extensions = { rsa: profileExtensions(profile, 'rsa'), ec: profileExtensions(profile, 'ec') }
  }

  /**
   * @throws {PkiError} `PKI_BAD_CERTIFICATE`, `PKI_BAD_PUBLIC_KEY`, `PKI_KEY_MISMATCH`, `PKI_BAD_VALIDITY`; `PKI_NOT_A_CA` when
   *   basic constraints or key usage are there and forbid it (CAPF certificates from before CUCM 14SU2 have neither).
   */
  static create(options: IssuerOptions): CertificateIssuer {
    const certificate = parseCertificate(options.certificateDer)
    const where = formatName(certificate.subject)
    const { basicConstraints, keyUsage } = certificate.extensions
    if (!(basicConstraints?.ca ?? true) || !(keyUsage?.includes('keyCertSign') ?? true))
      throw new PkiError('PKI_NOT_A_CA', { where })
    if (!publicKeyDerOf(options.privateKey).equals(certificate.publicKeyDer)) throw new PkiError('PKI_KEY_MISMATCH', { where })
    return new CertificateIssuer({ ...options, certificate })
  }

  /**
   * One certificate, for the key as it is given: that the point of an EC key lies on its curve is for `readPublicKey`, and that
   * the subject may have this key for the caller.
   *
   * @throws {PkiError} `PKI_BAD_PUBLIC_KEY`, `PKI_BAD_NAME`; `PKI_ISSUER_EXPIRED` when the issuer's certificate has ended.
   */
  async issue({ subject, publicKeyDer, subjectAltName, signal }: IssueRequest): Promise<IssuedCertificate> {
    signal?.throwIfAborted()
    const now = this.#now().getTime()
    const issuerEnd = this.certificate.notAfter.getTime()
    if (now >= issuerEnd) throw new PkiError('PKI_ISSUER_EXPIRED', { where: formatName(this.certificate.subject) })
    const notAfter = wholeSeconds(Math.min(now + this.#days * DAY_MS, issuerEnd))
    const serialNumber = randomSerialNumber(this.#randomBytes)
    const tbs = encodeTbs({
      version: this.#version,
      serialNumber,
      algorithm: this.#algorithm,
      issuer: this.certificate.subjectDer,
      notBefore: wholeSeconds(now - this.#backdateMs),
      notAfter,
      subject: encodeName(subject),
      publicKey: publicKeyDer,
      extensions: [
        this.#extensions[publicKeySpec(publicKeyDer).type],
        subjectKeyIdExtension(keyIdOf(publicKeyDer)),
        this.#authorityKeyId,
        ...subjectAltNameExtension(subjectAltName),
      ],
    })
    const signature = await signData({ data: tbs, digest: this.#digest, privateKey: this.#privateKey })
    signal?.throwIfAborted()
    return { certificateDer: encodeCertificate({ tbs, algorithm: this.#algorithm, signature }), serialNumber, notAfter }
  }
}
