import { hash } from 'node:crypto'
import { formatListName, listNameKey, listSerial, parseCertificate } from '@capfkit/pki'

/** A certificate that phones may trust, and for what. */
export type TrustedCertificate = {
  certificateDer: Buffer
  /** Numbers of `ROLES`; others are kept and sent as they are. */
  roles: readonly number[]
  /** How long a phone may keep the answer, where it is not the server's own `ttlSeconds`. */
  ttlSeconds?: number
}

/** A certificate of the store with what is looked at for each request. */
export type StoredCertificate = Readonly<TrustedCertificate> & {
  readonly subjectKey: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** What a query names: at least issuer and serial number, or the subject; whatever is given must fit. */
export type CertificateQuery = { subject?: string; issuer?: string; serialNumber?: Buffer }

const fingerprint = (certificateDer: Buffer) => hash('sha256', certificateDer, 'base64')

/** Names are compared by their attributes: tools write them in either order. */
const nameKey = (name: string) => listNameKey(name) ?? name

const numberKey = (issuerKey: string, serialNumber: Buffer) => `${listSerial(serialNumber).toString('hex')} ${issuerKey}`

const put = <V>(map: Map<string, V[]>, key: string, value: V) => {
  map.set(key, [...(map.get(key) ?? []), value])
}

/** Every certificate once, with the roles of all entries for it. */
const merged = (certificates: readonly TrustedCertificate[]): TrustedCertificate[] => {
  const byDer = new Map<string, TrustedCertificate>()
  for (const certificate of certificates) {
    const key = fingerprint(certificate.certificateDer)
    const there = byDer.get(key)
    byDer.set(key, { ...there, ...certificate, roles: [...new Set([...(there?.roles ?? []), ...certificate.roles])] })
  }
  return [...byDer.values()]
}

/** The certificates of a TVS, indexed once. It does not change: another one takes its place. */
export class CertificateStore {
  readonly #byFingerprint = new Map<string, StoredCertificate>()
  readonly #byNumber = new Map<string, StoredCertificate[]>()
  readonly #bySubject = new Map<string, StoredCertificate[]>()

  /** @throws {PkiError} `PKI_BAD_CERTIFICATE` */
  constructor(certificates: readonly TrustedCertificate[]) {
    for (const trusted of merged(certificates)) {
      const { subject, issuer, serialNumber, notBefore, notAfter } = parseCertificate(trusted.certificateDer)
      const subjectKey = nameKey(formatListName(subject))
      const stored = { ...trusted, subjectKey, notBeforeMs: notBefore.getTime(), notAfterMs: notAfter.getTime() }
      this.#byFingerprint.set(fingerprint(trusted.certificateDer), stored)
      put(this.#byNumber, numberKey(nameKey(formatListName(issuer)), serialNumber), stored)
      put(this.#bySubject, subjectKey, stored)
    }
  }

  get size(): number {
    return this.#byFingerprint.size
  }

  /** The entry for exactly this certificate. */
  find(certificateDer: Buffer): StoredCertificate | undefined {
    return this.#byFingerprint.get(fingerprint(certificateDer))
  }

  /**
   * The entry that fits a query [TVS-3.2]. Of several with one subject, as after a renewal: one that is valid at `atMs` before
   * others, then the newest.
   */
  query({ subject, issuer, serialNumber }: CertificateQuery, atMs: number): StoredCertificate | undefined {
    const byNumber =
      issuer === undefined || serialNumber === undefined
        ? undefined
        : (this.#byNumber.get(numberKey(nameKey(issuer), serialNumber)) ?? [])
    const subjectKey = subject === undefined ? undefined : nameKey(subject)
    // One number of two, and nothing else, would be a guess.
    if (!byNumber && (subjectKey === undefined || issuer !== undefined || serialNumber !== undefined)) return undefined
    const fitting = byNumber
      ? byNumber.filter(stored => subjectKey === undefined || stored.subjectKey === subjectKey)
      : (this.#bySubject.get(subjectKey!) ?? [])
    const rank = (stored: StoredCertificate) => (isCurrent(stored, atMs) ? 1 : 0)
    return fitting.toSorted((a, b) => rank(b) - rank(a) || b.notBeforeMs - a.notBeforeMs)[0]
  }
}

/** Whether a certificate is valid at a time, by its own dates. */
export const isCurrent = ({ notBeforeMs, notAfterMs }: StoredCertificate, atMs: number): boolean =>
  notBeforeMs <= atMs && atMs <= notAfterMs
