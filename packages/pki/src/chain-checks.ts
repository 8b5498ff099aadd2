import type { Certificate } from './certificate.ts'
import { EXTENDED_KEY_USAGES, type KeyUsage } from './extensions.ts'

/** Why a chain is refused. Codes are stable; the sentences may improve. */
export const CHAIN_ERRORS = {
  CHAIN_UNKNOWN_ISSUER: 'nobody who is trusted issued this certificate',
  CHAIN_BAD_SIGNATURE: 'the signature on this certificate was not made by its issuer',
  CHAIN_EXPIRED: 'this certificate has expired',
  CHAIN_NOT_YET_VALID: 'this certificate is not valid yet',
  CHAIN_NOT_A_CA: 'this certificate issued another one and is no CA certificate',
  CHAIN_KEY_USAGE: 'the key usage of this certificate does not allow what it is used for',
  CHAIN_PATH_LENGTH: 'there are more CA certificates below this one than it allows',
  CHAIN_UNKNOWN_CRITICAL: 'this certificate has a critical extension that is not understood',
} as const

export type ChainErrorCode = keyof typeof CHAIN_ERRORS

export type ChainFailure = {
  code: ChainErrorCode
  /** Which certificate: 0 is the leaf. */
  index: number
  detail: string
}

/** What a leaf must be allowed to do, where it says anything about it at all. */
const PURPOSES = {
  any: {},
  /** A phone that proves who it is by SIGNED_DATA or SUDI_DATA [CAPF-4.3]. */
  deviceAuthentication: { keyUsage: 'digitalSignature' },
  serverAuth: { keyUsage: 'digitalSignature', extended: EXTENDED_KEY_USAGES.serverAuth },
  clientAuth: { keyUsage: 'digitalSignature', extended: EXTENDED_KEY_USAGES.clientAuth },
} as const satisfies Record<string, { keyUsage?: KeyUsage; extended?: string }>

export type Purpose = keyof typeof PURPOSES

type Path = { path: readonly Certificate[]; at: Date; purpose: Purpose }
type Check = (certificate: Certificate, context: Path & { index: number }) => string | false | undefined

const isSelfIssued = (certificate: Certificate) => certificate.subjectDer.equals(certificate.issuerDer)

const keyUsageProblem: Check = ({ extensions: { keyUsage, extendedKeyUsage } }, { index, purpose }) => {
  if (index > 0) return keyUsage && !keyUsage.includes('keyCertSign') && 'key usage lacks keyCertSign'
  const needs: { keyUsage?: KeyUsage; extended?: string } = PURPOSES[purpose]
  if (keyUsage && needs.keyUsage && !keyUsage.includes(needs.keyUsage)) return `key usage lacks ${needs.keyUsage}`
  return (
    extendedKeyUsage && needs.extended && !extendedKeyUsage.includes(needs.extended) && `extended key usage lacks ${needs.extended}`
  )
}

/** An anchor without basic constraints may issue: somebody chose it, and CAPF certificates were made so for years. */
const caProblem: Check = ({ extensions: { basicConstraints } }, { index, path }) => {
  if (index === 0 || basicConstraints?.ca) return false
  return (basicConstraints || index < path.length - 1) && 'basic constraints do not say CA:TRUE'
}

const pathLengthProblem: Check = ({ extensions: { basicConstraints } }, { index, path }) => {
  const below = path.slice(1, index).filter(certificate => !isSelfIssued(certificate)).length
  const limit = basicConstraints?.pathLength
  return limit !== undefined && index > 0 && below > limit && `allows ${limit}, has ${below}`
}

/** For each certificate, leaf first, in this order; what a check returns is the detail of the failure. */
const CHECKS: readonly { code: ChainErrorCode; check: Check }[] = [
  { code: 'CHAIN_NOT_YET_VALID', check: ({ notBefore }, { at }) => at < notBefore && `valid from ${notBefore.toISOString()}` },
  { code: 'CHAIN_EXPIRED', check: ({ notAfter }, { at }) => at > notAfter && `valid until ${notAfter.toISOString()}` },
  { code: 'CHAIN_UNKNOWN_CRITICAL', check: ({ extensions }) => extensions.unknownCritical[0] },
  { code: 'CHAIN_NOT_A_CA', check: caProblem },
  { code: 'CHAIN_KEY_USAGE', check: keyUsageProblem },
  { code: 'CHAIN_PATH_LENGTH', check: pathLengthProblem },
]

/** The first thing wrong with a path whose signatures are good. */
export const checkPath = (context: Path): ChainFailure | undefined => {
  for (const [index, certificate] of context.path.entries()) {
    for (const { code, check } of CHECKS) {
      const detail = check(certificate, { ...context, index })
      if (detail) return { code, index, detail }
    }
  }
  return undefined
}
