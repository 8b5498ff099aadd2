import type { KeyObject } from 'node:crypto'
import { CertificateIssuer, lscSubject, PkiError, parseCertificate } from '@capfkit/pki'
import { IssueError } from './issue-error.ts'
import { nameOf } from './issued.ts'
import type { Issue, Issuer } from './issuer.ts'

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
  const issuerName = nameOf(certificate.subject)
  return async ({ deviceName, publicKeyDer, signal }) => {
    const model = subjectModel === '' ? {} : { model: subjectModel }
    try {
      const subject = lscSubject({ deviceName, issuer: certificate.subject, ...model })
      const { certificateDer, notAfter } = await issuer.issue({ subject, publicKeyDer, signal })
      return { certificateDer, notAfter, issuerName, issuerNotAfter: certificate.notAfter }
    } catch (cause) {
      // It is in this process: what it cannot do now, such as sign after its certificate has ended, is a no.
      if (cause instanceof PkiError) throw new IssueError('CA_REFUSED', { cause })
      throw cause
    }
  }
}

/** Whoever signs at once, and keeps nothing. */
export const directIssuer = (issue: Issue): Issuer => ({ issue, timeoutMs: 0, [Symbol.asyncDispose]: async () => {} })
