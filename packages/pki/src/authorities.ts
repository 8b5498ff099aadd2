import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { SubjectAltName } from './extensions.ts'
import type { KeySpec } from './key-spec.ts'
import { generateKeyPair, type KeyPair } from './keys.ts'
import type { DistinguishedName, NameAttribute } from './name.ts'
import { createSelfSigned } from './self-signed.ts'
import type { RandomBytes } from './serial-number.ts'

export type Authority = { keyPair: KeyPair; certificateDer: Buffer; subject: DistinguishedName }

type AuthorityOptions = {
  /** Default rsa:2048. */
  keySpec?: KeySpec
  now: () => Date
  days?: number
  /** The certificate begins this long before now, ms, as the certificates under it do. Default one hour. */
  backdateMs?: number
  randomBytes?: RandomBytes
}

export type CapfCaOptions = AuthorityOptions & {
  organization?: string
  organizationalUnit?: string
  locality?: string
  state?: string
  country?: string
}

const create = async (
  options: AuthorityOptions & {
    profile: 'capfCa' | 'manufacturingCa' | 'service'
    subject: DistinguishedName
    subjectAltName?: Partial<SubjectAltName>
  },
) => {
  const { keySpec = { type: 'rsa', bits: 2048 }, now, backdateMs = 3_600_000, ...rest } = options
  const keyPair = await generateKeyPair(keySpec)
  const certificateDer = await createSelfSigned({ ...rest, keyPair, notBefore: new Date(now().getTime() - backdateMs) })
  return { keyPair, certificateDer, subject: options.subject }
}

/** A new CAPF certificate as a publisher makes one: `CN=CAPF-<8 hex>` and the server's names, self-signed, five years. */
export const newCapfCa = async (options: CapfCaOptions): Promise<Authority> => {
  const { organization, organizationalUnit, locality, state, country, ...rest } = options
  const given: [NameAttribute, string | undefined][] = [
    ['CN', `CAPF-${(options.randomBytes ?? cryptoRandomBytes)(4).toString('hex')}`],
    ['O', organization],
    ['OU', organizationalUnit],
    ['L', locality],
    ['ST', state],
    ['C', country],
  ]
  const subject = given.flatMap(([type, value]) => (value === undefined ? [] : [{ type, value }]))
  return create({ ...rest, profile: 'capfCa', subject })
}

/** A pretended manufacturer, for the MICs of simulated phones. */
export const newManufacturingCa = async (options: AuthorityOptions): Promise<Authority> =>
  create({
    ...options,
    profile: 'manufacturingCa',
    subject: [
      { type: 'O', value: 'capfkit TEST' },
      { type: 'CN', value: 'TEST Manufacturing CA' },
    ],
  })

/** A new self-signed certificate of another service of a cluster: CallManager, TFTP, TVS, ITLRecovery or an RA, five years. */
export const newServiceCertificate = (
  options: AuthorityOptions & { subject: DistinguishedName; subjectAltName?: Partial<SubjectAltName> },
): Promise<Authority> => create({ ...options, profile: 'service' })
