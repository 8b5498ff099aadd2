import { constants } from 'node:crypto'
import { DEFAULT_CIPHERS, type TlsOptions } from 'node:tls'
import type { TlsProfileOptions } from './options.ts'

/**
 * What old phones speak: TLS 1.0 with RSA key exchange [CAPF-1.5]. OpenSSL 3 allows it at security level 0 only, and wants the
 * colon before the at sign.
 */
const LEGACY = { minVersion: 'TLSv1', ciphers: 'DEFAULT:AES128-SHA:AES256-SHA:@SECLEVEL=0' } as const

/** RSA key exchange has no forward secrecy: part of the legacy profile. */
const MODERN = { ciphers: `${DEFAULT_CIPHERS}:!kRSA` } as const

/** Classic curves only: phones know no others, and a hybrid post-quantum exchange would cost every handshake. */
const GROUPS = 'X25519:P-256:P-384:P-521'

/** TLS settings of a port that phones connect to: server certificate only, none is ever asked for [CAPF-1.1], [TVS-1.1]. */
export const tlsProfile = (
  certificate: { readonly certificatePem: string; readonly keyPem: string },
  options: Pick<TlsProfileOptions, 'legacyTls' | 'tlsMinVersion' | 'tlsMaxVersion'>,
): TlsOptions => ({
  cert: certificate.certificatePem,
  key: certificate.keyPem,
  requestCert: false,
  ecdhCurve: GROUPS,
  honorCipherOrder: true,
  // Phones do not resume: a ticket would be work for nothing. TLS 1.3 gives two all the same, and Node has no setting for that.
  secureOptions: constants.SSL_OP_NO_TICKET,
  minVersion: options.tlsMinVersion,
  maxVersion: options.tlsMaxVersion,
  ...(options.legacyTls ? LEGACY : MODERN),
})
