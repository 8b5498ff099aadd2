import type { DigestAlgorithm } from '../http-auth/digest.ts'
import type { Base64Layout } from '../wire/base64.ts'

/** How an answer looks to a kind of client. */
export type Profile = {
  readonly base64: Base64Layout
  /** Content-Type of `cacerts`: libest leaves the parameter out. */
  readonly bareCaCerts: boolean
  /** `Status: 200 OK` among the headers, as libest has it. */
  readonly statusHeader: boolean
  /** Which status there is for a wrong method and a wrong type: libest knows 400 only. */
  readonly statuses: 'http' | 'libest'
  /** Digest algorithms that are offered: libest knows MD5 only. */
  readonly digests: readonly DigestAlgorithm[]
  /** Other clients that are known by their User-Agent get their base64 as they need it. */
  readonly detectsClients: boolean
}

const BOTH = ['SHA-256', 'MD5'] as const

/** One row for each kind of client that was measured [EST-2.1]. */
export const PROFILES = {
  rfc8951: { base64: 'oneLine', bareCaCerts: false, statusHeader: false, statuses: 'http', digests: BOTH, detectsClients: true },
  strongswan: {
    base64: 'oneLine',
    bareCaCerts: false,
    statusHeader: false,
    statuses: 'http',
    digests: BOTH,
    detectsClients: false,
  },
  libest: { base64: 'lines64', bareCaCerts: true, statusHeader: true, statuses: 'libest', digests: ['MD5'], detectsClients: false },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES

export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[]

/** libest says who it is, CAPF too; strongSwan and Bouncy Castle send no User-Agent. */
const CLIENTS: readonly { readonly userAgent: RegExp; readonly base64: Base64Layout }[] = [
  { userAgent: /^(?:libest|Cisco EST client)\b/i, base64: 'lines64' },
]

/** How base64 is laid out for a client. */
export const layoutFor = (profile: Profile, userAgent: string | undefined): Base64Layout => {
  const known = profile.detectsClients && userAgent !== undefined && CLIENTS.find(client => client.userAgent.test(userAgent))
  return known ? known.base64 : profile.base64
}
