import type { Device } from '@capfkit/server'
import {
  type CertificateName,
  CONDITIONS,
  type Condition,
  NOT_TOGETHER,
  REGENERATIONS,
  RESETS,
  type Regeneration,
} from './regeneration.ts'

/** What a device store says of those who would be reset. */
export type Population = {
  readonly phones: number
  readonly lscs: number
  /** LSCs of a CAPF certificate; those of an Online or Offline CA stay what they are. */
  readonly lscsOfCapf: number
  /** Phones with an operation pending: they contact CAPF when they come back. */
  readonly pending: number
}

/** How the product names the subject of its own CAPF certificate. */
const CAPF_NAME = /(?:^|[,;/])\s*CN=CAPF-/i

export const populationOf = async (devices: AsyncIterable<Device>): Promise<Population> => {
  const counts = { phones: 0, lscs: 0, lscsOfCapf: 0, pending: 0 }
  for await (const { certificate, operation } of devices) {
    counts.phones++
    if (certificate) counts.lscs++
    if (certificate && CAPF_NAME.test(certificate.issuerName)) counts.lscsOfCapf++
    if (operation !== 'none') counts.pending++
  }
  return counts
}

/** What is true of the node whose certificate is meant. */
export type Node = Readonly<Record<Exclude<Condition, 'always'>, boolean>>

export type Impact = {
  readonly certificate: CertificateName
  readonly services: readonly string[]
  /** Whether phones restart, and which, in words. */
  readonly resetsPhones: boolean
  readonly reset: string
  readonly effects: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Of the device store, at the most; `undefined` where none is known. */
  readonly phonesReset: number | undefined
  readonly lscsToReissue: number | undefined
}

const impactOf = (
  certificate: CertificateName,
  { node, population }: { node: Node; population: Population | undefined },
): Impact => {
  const { services, resets, when, reissuesLscs, effects, before, after }: Regeneration = REGENERATIONS[certificate]
  const holds = when === 'always' || node[when]
  const resetsPhones = holds && resets !== 'none'
  const why = when === 'always' ? '' : ` (${CONDITIONS[when][holds ? 'yes' : 'no']})`
  return {
    ...{ certificate, services, resetsPhones },
    reset: `${RESETS[holds ? resets : 'none']}${why}`,
    // A CAPF that serves nobody has issued nothing that anybody shows.
    effects: reissuesLscs && !holds ? ['no impact'] : effects,
    ...{ before, after: reissuesLscs && !holds ? [] : after },
    phonesReset: population && (resetsPhones ? population.phones : 0),
    lscsToReissue: population && (reissuesLscs && holds ? population.lscsOfCapf : 0),
  }
}

export type RegenerationImpact = {
  readonly impacts: readonly Impact[]
  /** Why these must not be regenerated together, a sentence each. */
  readonly conflicts: readonly string[]
  readonly population: Population | undefined
}

/** What a regeneration of these certificates would reset. */
export const regenerationImpact = (
  certificates: readonly CertificateName[],
  { node, population }: { node: Node; population: Population | undefined },
): RegenerationImpact => ({
  impacts: [...new Set(certificates)].map(certificate => impactOf(certificate, { node, population })),
  conflicts: NOT_TOGETHER.filter(({ certificates: together }) => together.every(name => certificates.includes(name))).map(
    ({ certificates: together, why }) => `do not regenerate ${together.join(' and ')} together: ${why}`,
  ),
  population,
})
