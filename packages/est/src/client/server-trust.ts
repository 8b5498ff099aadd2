import { checkServerIdentity as checkName, type PeerCertificate, type SecureContextOptions } from 'node:tls'
import { derToPem, EXTENDED_KEY_USAGES, type PkiError, parseCertificate } from '@capfkit/pki'
import { EstError } from '../errors.ts'

/**
 * What the server is known by (RFC 7030 §3.6). `anchors`: certificates that somebody chose for this EST server, DER; then its
 * name, or that it is a registration authority of the CA, will do. `system`: the roots of this system; then only its name counts.
 * `provisional`: nothing yet, for the first `cacerts` of a client that has a fingerprint.
 */
export type ServerTrust =
  | { readonly kind: 'anchors'; readonly anchors: readonly Buffer[] }
  | { readonly kind: 'system' }
  | { readonly kind: 'provisional' }

/** @throws {EstError} `EST_TRUST_INVALID`: no anchor, or one that is no certificate. */
export const trustAnchors = (anchors: readonly Buffer[]): ServerTrust => {
  if (anchors.length === 0) throw new EstError('EST_TRUST_INVALID', { where: 'trust anchors' })
  try {
    for (const der of anchors) parseCertificate(der)
  } catch (cause) {
    throw new EstError('EST_TRUST_INVALID', { where: 'trust anchors', cause, detail: (cause as PkiError).message })
  }
  return { kind: 'anchors', anchors }
}

/** The server may speak for the CA although its name is another one (RFC 7030 §3.6.1). */
const isRegistrationAuthority = (certificate: PeerCertificate): boolean =>
  certificate.ext_key_usage?.includes(EXTENDED_KEY_USAGES.cmcRegistrationAuthority) ?? false

const acceptsRegistrationAuthority = (host: string, certificate: PeerCertificate): Error | undefined =>
  isRegistrationAuthority(certificate) ? undefined : checkName(host, certificate)

/** The part of the TLS settings of a connection that says who is trusted. */
export type TrustSettings = Pick<SecureContextOptions, 'ca' | 'allowPartialTrustChain'> & {
  readonly rejectUnauthorized: boolean
  readonly checkServerIdentity: typeof checkName
}

export const trustSettings = (trust: ServerTrust): TrustSettings => {
  if (trust.kind === 'provisional') return { ca: [], rejectUnauthorized: false, checkServerIdentity: () => undefined }
  if (trust.kind === 'system') return { rejectUnauthorized: true, checkServerIdentity: checkName }
  return {
    ca: trust.anchors.map(der => derToPem(der)),
    // An anchor need not be a root: whoever named an intermediate, or the very certificate of the server, meant it.
    allowPartialTrustChain: true,
    rejectUnauthorized: true,
    checkServerIdentity: acceptsRegistrationAuthority,
  }
}
