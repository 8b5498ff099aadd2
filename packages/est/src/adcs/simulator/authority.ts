import {
  CertificateIssuer,
  createSelfSigned,
  type DistinguishedName,
  generateKeyPair,
  type IssuedCertificate,
  type KeyPair,
  type KeySpec,
  type ProfileName,
  type SubjectAltName,
} from '@capfkit/pki'

export type AuthorityOptions = {
  readonly name: string
  readonly keySpec: KeySpec
  /** Below a root CA of its own. */
  readonly subordinate: boolean
  readonly issuedDays: number
  readonly now: () => Date
}

/** The CA between two renewals. */
type Generation = { readonly keyPair: KeyPair; readonly certificateDer: Buffer; readonly issuers: Map<string, CertificateIssuer> }
type Root = { readonly keyPair: KeyPair; readonly certificateDer: Buffer }

const BACKDATE_MS = 3_600_000
const begin = (now: () => Date) => new Date(now().getTime() - BACKDATE_MS)
const named = (name: string): DistinguishedName => [{ type: 'CN', value: name }]

const selfSigned = async ({ name, keySpec, now }: Pick<AuthorityOptions, 'name' | 'keySpec' | 'now'>): Promise<Root> => {
  const keyPair = await generateKeyPair(keySpec)
  const certificateDer = await createSelfSigned({ profile: 'enterpriseCa', subject: named(name), keyPair, notBefore: begin(now) })
  return { keyPair, certificateDer }
}

export type AuthorityRequest = {
  readonly profile: ProfileName
  readonly subject: DistinguishedName
  readonly publicKeyDer: Buffer
  readonly subjectAltName?: Partial<SubjectAltName>
  readonly signal?: AbortSignal
  /** For certificates of another time; default is the clock of the CA. */
  readonly now?: () => Date
  readonly days?: number
}

/** An enterprise CA: one name, a certificate for each renewal, the newest of which signs. */
export class CertificationAuthority {
  readonly name: string
  readonly #options: AuthorityOptions
  readonly #root: Root | undefined
  readonly #generations: Generation[] = []

  private constructor(options: AuthorityOptions, root: Root | undefined) {
    this.name = options.name
    this.#options = options
    this.#root = root
  }

  static async create(options: AuthorityOptions): Promise<CertificationAuthority> {
    const root = options.subordinate ? await selfSigned({ ...options, name: `${options.name} Root` }) : undefined
    const authority = new CertificationAuthority(options, root)
    await authority.renew()
    return authority
  }

  /** Another certificate of the same name with a new key, which signs from now on. */
  async renew(): Promise<void> {
    const { name, keySpec, now } = this.#options
    const made = this.#root ? await this.#below(this.#root) : await selfSigned({ name, keySpec, now })
    this.#generations.push({ ...made, issuers: new Map() })
  }

  async #below(root: Root): Promise<Root> {
    const { name, keySpec, now } = this.#options
    const keyPair = await generateKeyPair(keySpec)
    const issuer = CertificateIssuer.create({
      certificateDer: root.certificateDer,
      privateKey: root.keyPair.privateKey,
      profile: 'enterpriseCa',
      now,
    })
    const { certificateDer } = await issuer.issue({ subject: named(name), publicKeyDer: keyPair.publicKeyDer })
    return { keyPair, certificateDer }
  }

  /** How often the certificate was renewed: `Renewal=` goes from 0 to this. */
  get renewals(): number {
    return this.#generations.length - 1
  }

  /** The CA's certificate of a renewal, and its root where there is one, DER; nothing for a renewal that was not. */
  chain(renewal = this.renewals): readonly Buffer[] | undefined {
    const generation = this.#generations[renewal]
    return generation && [generation.certificateDer, ...(this.#root ? [this.#root.certificateDer] : [])]
  }

  /** Root certificates of all renewals, DER: whoever trusts them trusts everything of this CA. */
  get roots(): readonly Buffer[] {
    return this.#root ? [this.#root.certificateDer] : this.#generations.map(({ certificateDer }) => certificateDer)
  }

  /** What stands between a leaf and the root that a peer has, DER. */
  get intermediates(): readonly Buffer[] {
    return this.#root ? [this.#generations.at(-1)!.certificateDer] : []
  }

  /** Sign with the newest certificate. @throws {PkiError} as {@link CertificateIssuer.issue}. */
  issue({ profile, now, days, ...request }: AuthorityRequest): Promise<IssuedCertificate> {
    const { issuers, certificateDer, keyPair } = this.#generations.at(-1)!
    const make = () =>
      CertificateIssuer.create({
        certificateDer,
        privateKey: keyPair.privateKey,
        profile,
        days: days ?? this.#options.issuedDays,
        now: now ?? this.#options.now,
      })
    if (now !== undefined || days !== undefined) return make().issue(request)
    const issuer = issuers.get(profile) ?? make()
    issuers.set(profile, issuer)
    return issuer.issue(request)
  }
}
