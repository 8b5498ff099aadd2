import type { KeyObject } from 'node:crypto'
import { CertificateIssuer, lscSubject, PkiError, parseCertificate } from '@capfkit/pki'

/** What is wanted of the CA: a certificate for this device and this key. */
export type IssueRequest = {
  deviceName: string
  /** SubjectPublicKeyInfo, DER; type and size were checked already. */
  publicKeyDer: Buffer
  /** Ends when the phone is gone or the time is up. */
  signal: AbortSignal
}

/** A signed certificate and who signed it. */
export type Issued = { certificateDer: Buffer; notAfter: Date; issuerName: string; issuerNotAfter: Date }

/**
 * What a session needs of whoever signs: one function. The embedded CA is one; the Online and Offline CA are others.
 *
 * @throws {IssueError} when the CA says no, or cannot be reached.
 */
export type Issue = (request: IssueRequest) => Promise<Issued>

/** The CA did not sign: `refused` when it said no, otherwise it could not be asked. */
export class IssueError extends Error {
  override readonly name = 'IssueError'
  readonly refused: boolean

  constructor(message: string, options: ErrorOptions & { refused: boolean }) {
    super(message, options)
    this.refused = options.refused
  }
}

export type EmbeddedCaOptions = {
  certificateDer: Buffer
  privateKey: KeyObject
  lscDays: number
  /** How far notBefore lies in the past, ms. */
  backdateMs: number
  /** Model in the subject, `CN=CP-<model>-SEP…`; empty for `CN=SEP…`. */
  subjectModel: string
  now: () => Date
}

/** An {@link Issue} that signs in this process: the names are prepared once, the signature is made off the event loop. */
export const createEmbeddedCa = ({ subjectModel, lscDays, ...options }: EmbeddedCaOptions): Issue => {
  const certificate = parseCertificate(options.certificateDer)
  const issuer = CertificateIssuer.create({ ...options, profile: 'lsc', days: lscDays })
  const issuerName = certificate.subject.map(({ type, value }) => `${type}=${value}`).join(';')
  return async ({ deviceName, publicKeyDer, signal }) => {
    const model = subjectModel === '' ? {} : { model: subjectModel }
    try {
      const subject = lscSubject({ deviceName, issuer: certificate.subject, ...model })
      const { certificateDer, notAfter } = await issuer.issue({ subject, publicKeyDer, signal })
      return { certificateDer, notAfter, issuerName, issuerNotAfter: certificate.notAfter }
    } catch (cause) {
      // It is in this process: what it cannot do now, such as sign after its certificate has ended, is a no.
      if (cause instanceof PkiError) throw new IssueError(cause.message, { refused: true, cause })
      throw cause
    }
  }
}
