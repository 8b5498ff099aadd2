import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls'
import type { PhoneModel } from './models.ts'
import type { PhoneOptions } from './options.ts'

/** What the TLS side of many phones has in common. Making one costs about as much as a handshake, so make few. */
export type TlsProfile = {
  readonly secureContext: SecureContext
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
}

export type TlsProfileInit = { legacyTls?: boolean; minVersion?: SecureVersion; maxVersion?: SecureVersion }

/** What 7900, 8941 and CIPC speak. OpenSSL 3 refuses TLS 1.0 and SHA-1 above security level 0 [CAPF-1.5]. */
const LEGACY_CIPHERS = 'AES128-SHA:AES256-SHA:@SECLEVEL=0'

/** A new profile: TLS 1.2 unless told otherwise. `legacyTls`: TLS 1.0 to `maxVersion` with RSA key exchange [CAPF-1.5]. */
export const createTlsProfile = (init: TlsProfileInit = {}): TlsProfile => {
  const { legacyTls = false, minVersion = legacyTls ? 'TLSv1' : 'TLSv1.2', maxVersion = legacyTls ? 'TLSv1' : 'TLSv1.2' } = init
  const secureContext = createSecureContext({
    minVersion,
    maxVersion,
    // No certificate authorities: the phone compares the certificate as a whole, so building a chain is work for nothing.
    ca: [],
    // Phones do not resume sessions, and resumption would hide what a handshake costs the server.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(legacyTls ? { ciphers: LEGACY_CIPHERS } : {}),
  })
  return { secureContext, minVersion, maxVersion }
}

const profiles = new Map<string, TlsProfile>()

/** The one profile of this process for such phones, made when first asked for. */
export const tlsProfileFor = (what: { model: PhoneModel; options: PhoneOptions }): TlsProfile => {
  const { model, options } = what
  const legacyTls = options.legacyTls && model.legacyTls
  const wanted = options.maxTlsVersion === 'model' ? model.maxTls : options.maxTlsVersion
  const maxVersion = !legacyTls && (wanted === 'TLSv1' || wanted === 'TLSv1.1') ? 'TLSv1.2' : wanted
  const name = `${legacyTls} ${maxVersion}`
  let profile = profiles.get(name)
  if (!profile) {
    profile = createTlsProfile({ legacyTls, maxVersion })
    profiles.set(name, profile)
  }
  return profile
}
