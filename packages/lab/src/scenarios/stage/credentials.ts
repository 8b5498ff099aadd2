import type { Credential } from '@capfkit/phone'
import { type CertificateAndKey, CertificateIssuer, lscSubject, micSubject, type ProfileName, parseCertificate } from '@capfkit/pki'
import { newCertificate } from './certificates.ts'
import type { Stage } from './stage.ts'

const MODEL = '8861'
const DAY_MS = 86_400_000

export type CredentialWish = {
  readonly deviceName: string
  /** Of the private key that goes with it: the right one is `device`. */
  readonly key?: string
  /** How many days ago it was issued, and for how many days. */
  readonly daysAgo?: number
  readonly days?: number
}

/** The manufacturer of the phones of a stage. */
export const newManufacturer = ({ keys, clock }: Pick<Stage, 'keys' | 'clock'>): Promise<CertificateAndKey> =>
  newCertificate({ name: 'TEST Manufacturing CA', profile: 'manufacturingCa', days: 9_000 }, { keys, now: clock.now })

type Issuing = Pick<Stage, 'keys' | 'clock'> & { readonly issuer: Pick<CertificateAndKey, 'certificateDer' | 'privateKey'> }

const issue = async (
  profile: ProfileName & ('lsc' | 'mic'),
  { deviceName, key = 'device', daysAgo = 1, days = 365 }: CredentialWish,
  { keys, clock, issuer }: Issuing,
): Promise<Credential> => {
  const issuing = CertificateIssuer.create({
    ...issuer,
    profile,
    days,
    now: () => new Date(clock.nowMs() - daysAgo * DAY_MS),
  })
  const subject =
    profile === 'mic'
      ? micSubject({ deviceName, model: MODEL })
      : lscSubject({ deviceName, model: MODEL, issuer: parseCertificate(issuer.certificateDer).subject })
  const { publicKeyDer } = await keys.get('device')
  const { certificateDer } = await issuing.issue({ subject, publicKeyDer })
  const { privateKey } = await keys.get(key)
  return { certificateDer, privateKey }
}

/** What a phone came with. */
export const newMic = (wish: CredentialWish, issuing: Issuing): Promise<Credential> => issue('mic', wish, issuing)

/** What a CAPF gave it before this scenario began. */
export const newLsc = (wish: CredentialWish, issuing: Issuing): Promise<Credential> => issue('lsc', wish, issuing)
