import {
  type CertificateAndKey,
  certificateAndKey,
  createSelfSigned,
  type DistinguishedName,
  type ProfileName,
  type SubjectAltName,
} from '@capfkit/pki'
import type { KeyRing } from './key-ring.ts'

/** What every name ends in. */
const PLACE: DistinguishedName = [
  { type: 'OU', value: 'Laboratory' },
  { type: 'O', value: 'capfkit' },
  { type: 'C', value: 'US' },
]
const DAY_MS = 86_400_000
/** The registration authority is asked over HTTPS by address. */
const LOOPBACK = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] }

export type CertificateWish = {
  /** Common name. */
  readonly name: string
  /** Of the key on the ring; default: the name. */
  readonly key?: string
  readonly profile?: ProfileName
  readonly days?: number
  /** How long ago it was made; default: an hour. */
  readonly daysAgo?: number
  readonly subjectAltName?: Partial<SubjectAltName>
}

/** A self-signed certificate of a stage. */
export const newCertificate = async (
  { name, key = name, profile = 'service', days, daysAgo = 1 / 24, subjectAltName }: CertificateWish,
  { keys, now }: { keys: KeyRing; now: () => Date },
): Promise<CertificateAndKey> => {
  const keyPair = await keys.get(key)
  const certificateDer = await createSelfSigned({
    profile,
    subject: [{ type: 'CN', value: name }, ...PLACE],
    keyPair,
    notBefore: new Date(now().getTime() - daysAgo * DAY_MS),
    ...(days === undefined ? {} : { days }),
    ...(subjectAltName ? { subjectAltName } : {}),
  })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

/** Certificate and key of every service of a stage; those of before a regeneration are not kept. */
export type StageCertificates = Record<'capf' | 'recovery' | 'tftp' | 'tvs' | 'ra', CertificateAndKey>

const SERVICES: Readonly<Record<keyof StageCertificates, CertificateWish>> = {
  capf: { name: 'CAPF-1ab00001', profile: 'capfCa' },
  recovery: { name: 'ITLRECOVERY_cucm-pub' },
  tftp: { name: 'cucm-pub' },
  tvs: { name: 'cucm-pub-tvs' },
  ra: { name: 'cucm-pub-ra', subjectAltName: LOOPBACK },
}

type World = { readonly keys: KeyRing; readonly now: () => Date }

/**
 * Another certificate of a service with a key of its own.
 *
 * @param generation  1 for the first one; the common name of CAPF tells it, as it tells that of a real one.
 */
export const serviceCertificate = (
  service: keyof StageCertificates,
  { generation = 1, daysAgo, ...world }: World & Pick<CertificateWish, 'daysAgo'> & { generation?: number },
): Promise<CertificateAndKey> => {
  const wish = SERVICES[service]
  const name = service === 'capf' ? `CAPF-1ab${String(generation).padStart(5, '0')}` : wish.name
  const age = daysAgo === undefined ? {} : { daysAgo }
  return newCertificate({ ...wish, name, key: `${service} ${generation}`, ...age }, world)
}

/** A cluster of one node, freshly installed. */
export const stageCertificates = async (world: World & { generation?: number }): Promise<StageCertificates> => {
  const [capf, recovery, tftp, tvs, ra] = await Promise.all([
    serviceCertificate('capf', world),
    serviceCertificate('recovery', world),
    serviceCertificate('tftp', world),
    serviceCertificate('tvs', world),
    serviceCertificate('ra', world),
  ])
  return { capf, recovery, tftp, tvs, ra }
}
