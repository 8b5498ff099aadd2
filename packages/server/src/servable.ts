import { createSecureContext } from 'node:tls'
import { tlsProfile } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { ServerError } from './errors.ts'
import { createEmbeddedCa } from './issuers/embedded-ca.ts'
import type { Issue } from './issuers/issuer.ts'
import type { ServerOptions } from './options.ts'

export type LocalCa = Pick<ServerOptions, 'lscDays' | 'backdateMs' | 'subjectModel'> & { now: () => Date }

/** The embedded CA of a server. @throws {ServerError} `SERVER_CERTIFICATE_INVALID` when it may not sign. */
export const localCa = ({ certificateDer, privateKey }: CertificateAndKey, options: LocalCa): Issue => {
  const { lscDays, backdateMs, subjectModel, now } = options
  try {
    return createEmbeddedCa({ certificateDer, privateKey, lscDays, backdateMs, subjectModel, now })
  } catch (cause) {
    throw new ServerError('SERVER_CERTIFICATE_INVALID', 'the issuer of LSCs', { cause })
  }
}

/** Would a server start with these? @throws {ServerError} `SERVER_CERTIFICATE_INVALID`. */
export const checkServable = (init: { certificate: CertificateAndKey; ca?: CertificateAndKey; options: ServerOptions }): void => {
  const { certificate, ca = certificate, options } = init
  try {
    createSecureContext(tlsProfile(certificate, options))
  } catch (cause) {
    throw new ServerError('SERVER_CERTIFICATE_INVALID', 'the CAPF certificate', { cause })
  }
  if (options.issuer === 'local') localCa(ca, { ...options, now: () => new Date() })
}
