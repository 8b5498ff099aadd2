import { type BasicConstraints, EXTENDED_KEY_USAGES, type KeyUsage } from './extensions.ts'

export type Profile = {
  basicConstraints: BasicConstraints
  /** Always critical. What an EC key may do differs, for it cannot encipher. */
  keyUsage: { rsa: readonly KeyUsage[]; ec: readonly KeyUsage[] }
  /** Object identifiers. */
  extendedKeyUsage?: readonly string[]
  defaultDays: number
  maxDays: number
}

const CA_USAGE = ['keyCertSign', 'cRLSign'] as const
/** Phones of the 7900 series know RSA key exchange only [CAPF-1.5], which a TLS server certificate must allow. */
const CAPF_USAGE = { rsa: ['digitalSignature', 'keyEncipherment', ...CA_USAGE], ec: ['digitalSignature', ...CA_USAGE] } as const
const DEVICE_USAGE = { rsa: ['digitalSignature', 'keyEncipherment'], ec: ['digitalSignature', 'keyAgreement'] } as const
const { serverAuth, clientAuth, ipsecEndSystem } = EXTENDED_KEY_USAGES

/**
 * One row for each kind of certificate in a cluster. A CAPF certificate without CA:TRUE and keyCertSign makes TLS fail from
 * CUCM 14SU2 on; an LSC without digitalSignature and keyEncipherment cannot register; an LSC lives 1825 days at most.
 */
export const PROFILES = {
  capfCa: {
    basicConstraints: { ca: true, pathLength: 0 },
    keyUsage: CAPF_USAGE,
    extendedKeyUsage: [serverAuth, clientAuth, ipsecEndSystem],
    defaultDays: 1825,
    maxDays: 7305,
  },
  manufacturingCa: {
    basicConstraints: { ca: true },
    keyUsage: { rsa: CA_USAGE, ec: CA_USAGE },
    defaultDays: 9131,
    maxDays: 9131,
  },
  /** A company's own CA, above a web server or a registration authority. */
  enterpriseCa: {
    basicConstraints: { ca: true },
    keyUsage: { rsa: ['digitalSignature', ...CA_USAGE], ec: ['digitalSignature', ...CA_USAGE] },
    defaultDays: 1825,
    maxDays: 9131,
  },
  webServer: {
    basicConstraints: { ca: false },
    keyUsage: DEVICE_USAGE,
    extendedKeyUsage: [serverAuth],
    defaultDays: 730,
    maxDays: 7305,
  },
  /** CallManager, TFTP, TVS and ITLRecovery: servers that prove who they are, and sign files. */
  service: {
    basicConstraints: { ca: false },
    keyUsage: DEVICE_USAGE,
    extendedKeyUsage: [serverAuth, clientAuth],
    defaultDays: 1825,
    maxDays: 7305,
  },
  lsc: {
    basicConstraints: { ca: false },
    keyUsage: DEVICE_USAGE,
    extendedKeyUsage: [serverAuth, clientAuth, ipsecEndSystem],
    defaultDays: 1825,
    maxDays: 1825,
  },
  /** What a template gives that was made for something else: a phone can store it and not register with it. */
  unfitLsc: {
    basicConstraints: { ca: false },
    keyUsage: { rsa: ['nonRepudiation'], ec: ['nonRepudiation'] },
    extendedKeyUsage: [clientAuth],
    defaultDays: 1825,
    maxDays: 1825,
  },
  mic: {
    basicConstraints: { ca: false },
    keyUsage: DEVICE_USAGE,
    extendedKeyUsage: [serverAuth, clientAuth],
    defaultDays: 3652,
    maxDays: 9131,
  },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES
