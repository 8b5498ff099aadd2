import {
  type CertificateAndKey,
  CertificateIssuer,
  type CsrAttrs,
  type ProfileName,
  parseCsr,
  requestedExtensions,
} from '@capfkit/pki'
import { type Authority, AuthorityError } from './authority.ts'

export type EmbeddedAuthorityInit = {
  /** The CA itself. */
  readonly ca: CertificateAndKey
  /** Certificates above the CA, DER, for `cacerts`. */
  readonly chain?: readonly Buffer[]
  /** What kind of certificates. Default `lsc`. */
  readonly profile?: ProfileName
  readonly days?: number
  readonly csrAttrs?: CsrAttrs
  readonly now: () => Date
}

/**
 * A CA in this process: subject and names as the request has them, everything else as the profile says.
 *
 * @throws {PkiError} as `CertificateIssuer.create`.
 */
export const embeddedAuthority = (init: EmbeddedAuthorityInit): Authority => {
  const { ca, chain = [], profile = 'lsc', days, csrAttrs, now } = init
  const { certificateDer, privateKey } = ca
  const issuer = CertificateIssuer.create({ certificateDer, privateKey, profile, now, ...(days === undefined ? {} : { days }) })
  return {
    enrol: async (csrDer, { signal }) => {
      const csr = parseCsr(csrDer)
      const { subjectAltName } = requestedExtensions(csr)
      const { subject, publicKeyDer } = csr
      if (subject.length === 0) return { status: 'denied', message: 'The request has no subject.' }
      try {
        const issued = await issuer.issue({ subject, publicKeyDer, signal, ...(subjectAltName ? { subjectAltName } : {}) })
        return { status: 'issued', certificateDer: issued.certificateDer }
      } catch (cause) {
        throw new AuthorityError('caFailed', cause instanceof Error ? cause.message : String(cause), { cause })
      }
    },
    caCerts: async () => [certificateDer, ...chain],
    ...(csrAttrs ? { csrAttrs: () => csrAttrs } : {}),
  }
}
