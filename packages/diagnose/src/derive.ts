import type { Sighting } from './sighting.ts'
import { hexOf } from './sources/certificates.ts'

/**
 * What follows from several files together: a CAPF record of the ITL that is of another certificate than the one that CAPF has.
 */
export const derive = (site: readonly Sighting[]): Sighting[] => {
  const records = site.filter(({ clue }) => clue === 'itl.capfRecord')
  const certificates = site.filter(({ clue }) => clue === 'certificate.capf')
  const serials = records.map(({ values }) => hexOf(values.serial ?? ''))
  const other = certificates.find(({ values }) => !serials.includes(values.serial ?? ''))
  if (records.length === 0 || certificates.length === 0 || !other) return []
  return [...records.slice(0, 1), other].map(sighting => ({ ...sighting, clue: 'derived.otherCapf' }))
}
