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

export type TlsProfileInit = {
  legacyTls?: boolean
  minVersion?: SecureVersion
  maxVersion?: SecureVersion
  /** Up to TLS 1.2, the preferred one first; default: those of Node, or of old phones with `legacyTls`. */
  ciphers?: readonly string[]
}

/**
 * Neither chain nor name is asked about: the session compares the whole certificate with those that the phone was told to
 * trust, before it sends anything [CAPF-1.1].
 */
export const TLS_CLIENT = { rejectUnauthorized: false, checkServerIdentity: () => undefined } as const

/** What 7900, 8941 and CIPC speak [CAPF-1.5]. */
const LEGACY_CIPHERS = ['AES256-SHA', 'AES128-SHA']
/** OpenSSL 3 refuses TLS 1.0 and SHA-1 above security level 0 [CAPF-1.5]. */
const LEGACY_LEVEL = '@SECLEVEL=0'
/** Node speaks no TLS 1.3 with a list of ciphers that has none of these. */
const TLS_1_3_CIPHERS = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** A new profile: TLS 1.2 unless told otherwise. `legacyTls`: TLS 1.0 to `maxVersion` with RSA key exchange [CAPF-1.5]. */
export const createTlsProfile = (init: TlsProfileInit = {}): TlsProfile => {
  const { legacyTls = false, minVersion = legacyTls ? 'TLSv1' : 'TLSv1.2', maxVersion = legacyTls ? 'TLSv1' : 'TLSv1.2' } = init
  const { ciphers = legacyTls ? LEGACY_CIPHERS : undefined } = init
  const offered = ciphers && [
    ...(maxVersion === 'TLSv1.3' ? TLS_1_3_CIPHERS : []),
    ...ciphers,
    ...(legacyTls ? [LEGACY_LEVEL] : []),
  ]
  const secureContext = createSecureContext({
    minVersion,
    maxVersion,
    // No certificate authorities: the phone compares the certificate as a whole, so building a chain is work for nothing.
    ca: [],
    // Phones do not resume sessions, and resumption would hide what a handshake costs the server.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(offered ? { ciphers: offered.join(':') } : {}),
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
  // An old phone that may not speak what it really speaks is none: nobody has seen what it would offer then.
  const ciphers = legacyTls === model.legacyTls ? model.ciphers : undefined
  const name = `${legacyTls} ${maxVersion} ${ciphers?.join(':')}`
  let profile = profiles.get(name)
  if (!profile) {
    profile = createTlsProfile({ legacyTls, maxVersion, ...(ciphers ? { ciphers } : {}) })
    profiles.set(name, profile)
  }
  return profile
}
