import type { RoleName, TrustRecord } from '@capfkit/codec/tlv'
import { certificateRecord } from './record.ts'

type ListProfile = {
  /** Roles in the order of their records. */
  readonly order: readonly RoleName[]
  /** Roles whose records have a hash instead of the certificate. */
  readonly byHash: readonly RoleName[]
  /** DNSNAME of every record; without it there is none. */
  readonly dnsName?: string
}

/**
 * How lists are laid out [TRUST-3]. `cucm` is as a published print of a real ITL, as far as this goes without knowing nodes:
 * CAPF and TVS by hash, a blank DNSNAME. `full` has every certificate, as tools and older clusters make them.
 */
export const LIST_PROFILES = {
  full: { order: ['SAST', 'CCM+TFTP', 'CCM', 'TFTP', 'CAPF', 'APP-SERVER', 'TVS'], byHash: [] },
  cucm: { order: ['CAPF', 'TVS', 'SAST', 'CCM+TFTP', 'TFTP', 'CCM', 'APP-SERVER'], byHash: ['CAPF', 'TVS'], dnsName: ' ' },
} as const satisfies Record<string, ListProfile>

export type ListProfileName = keyof typeof LIST_PROFILES

/** Certificates, DER, by what they are good for. */
export type RoleCertificates = { readonly [R in RoleName]?: readonly Buffer[] }

/** The records of a list, in the order of its profile. @throws {PkiError} `PKI_BAD_CERTIFICATE` */
export const profileRecords = (certificates: RoleCertificates, profile: ListProfileName = 'full'): TrustRecord[] => {
  const { order, byHash, dnsName }: ListProfile = LIST_PROFILES[profile]
  return order.flatMap(role =>
    (certificates[role] ?? []).map(certificateDer =>
      certificateRecord({
        certificateDer,
        role,
        form: byHash.includes(role) ? 'hash' : 'full',
        ...(dnsName === undefined ? {} : { dnsName }),
      }),
    ),
  )
}
