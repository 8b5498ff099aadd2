import type { Sighting } from './sighting.ts'
import { hexOf } from './sources/certificates.ts'

/** The host of `https://host:443/certsrv`. */
const hostOf = (url: string): string => /^https?:\/\/([^/:]+)/.exec(url)?.[1]?.toLowerCase() ?? ''
/** The common name in `/DC=com/CN=name`. */
const slashCommonName = (subject: string): string => /\/CN=([^/]+)/.exec(subject)?.[1]?.toLowerCase() ?? ''
const isKnown = (name: string): boolean => name !== ''

/** The certificate of the CA web server itself is among those that the registration authority trusts. */
const trustedWebServer = (site: readonly Sighting[]): Sighting[] => {
  const hosts = site
    .filter(({ clue }) => clue === 'ces.loginUrl')
    .map(({ values }) => hostOf(values.url ?? ''))
    .filter(isKnown)
  const trusted = site.find(({ clue, values }) => clue === 'ces.trusted' && hosts.includes(slashCommonName(values.subject ?? '')))
  return trusted ? [{ ...trusted, clue: 'derived.trustedWebServer' }] : []
}

/** The CAPF record of the ITL is of another certificate than the one that CAPF has. */
const otherCapf = (site: readonly Sighting[]): Sighting[] => {
  const records = site.filter(({ clue }) => clue === 'itl.capfRecord')
  const certificates = site.filter(({ clue }) => clue === 'certificate.capf')
  const serials = records.map(({ values }) => hexOf(values.serial ?? ''))
  const other = certificates.find(({ values }) => !serials.includes(values.serial ?? ''))
  if (records.length === 0 || certificates.length === 0 || !other) return []
  return [...records.slice(0, 1), other].map(sighting => ({ ...sighting, clue: 'derived.otherCapf' }))
}

/** Sightings that only all files together give. */
export const derive = (site: readonly Sighting[]): Sighting[] => [...otherCapf(site), ...trustedWebServer(site)]
