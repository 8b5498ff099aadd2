import { type Certificate, commonName, type DistinguishedName, parseCertificate, TrustStore, validateChain } from '@capfkit/pki'
import { ServerError } from '../errors.ts'
import { IssueError } from './issue-error.ts'

/** How often a CA whose certificates are not known yet is asked for them. */
const RETRY_MS = 5_000
/** After a certificate that no known CA has signed they are asked for anew, but no more often than this. */
const REFRESH_MS = 60_000

/** No CA has more, renewals included. */
const MAX_CERTIFICATES = 64

/** Phones would take its LSCs for those of a CAPF service, so the product refuses such a name. */
const RESERVED_NAME = 'CAPF-'

/** @throws {ServerError} `CA_NAME_RESERVED` */
const mustNotBeReserved = (subject: DistinguishedName): void => {
  const name = commonName(subject) ?? ''
  if (name.includes(RESERVED_NAME)) throw new ServerError('CA_NAME_RESERVED', name)
}

/** @throws {ServerError} `CA_NAME_RESERVED`, `CA_CERTIFICATE_INVALID`. */
const readCas = (certificatesDer: readonly Buffer[]) => {
  try {
    const certificates = certificatesDer.map(parseCertificate)
    for (const { subject } of certificates) mustNotBeReserved(subject)
    return { certificates, trusted: new TrustStore({ anchors: certificatesDer }) }
  } catch (cause) {
    if (cause instanceof ServerError) throw cause
    throw new ServerError('CA_CERTIFICATE_INVALID', 'the certificates of the Online CA', { cause })
  }
}

export type CaCertificatesInit = {
  /** What is known at start, DER. */
  given: readonly Buffer[]
  fetch: ((signal: AbortSignal) => Promise<readonly Buffer[]>) | undefined
  now: () => Date
  /** Told what was fetched, DER. */
  onFetched: (certificatesDer: readonly Buffer[]) => void
  onError: (error: unknown) => void
  retryMs?: number | undefined
}

/**
 * The certificates of an Online CA: what they have signed is believed, and nothing else. A CA that was away at start is asked again
 * until it is there; one that has renewed its certificate is asked when it has signed with the new key.
 */
export class CaCertificates implements AsyncDisposable {
  readonly #init: CaCertificatesInit
  readonly #ending = new AbortController()
  #cas: ReturnType<typeof readCas>
  #timer: NodeJS.Timeout | undefined
  #fetching: Promise<void> | undefined
  #fetchedMs = Number.NEGATIVE_INFINITY
  #lastError = ''

  /** @throws {ServerError} `CA_NAME_RESERVED`, `CA_CERTIFICATE_INVALID`. */
  constructor(init: CaCertificatesInit) {
    this.#init = init
    this.#cas = readCas(init.given)
  }

  /** Those that are known now. */
  get known(): readonly Certificate[] {
    return this.#cas.certificates
  }

  start(): void {
    const { fetch, retryMs = RETRY_MS } = this.#init
    if (!fetch || this.known.length > 0) return
    this.#timer = setInterval(() => void this.#refresh(), retryMs)
    this.#timer.unref()
  }

  /**
   * A certificate that the CA gave must be signed by it, as far as its certificates are known; those that came with it may be
   * between the two.
   *
   * @throws {IssueError} `CA_NOT_ISSUER`
   */
  async mustHaveIssued(certificate: Certificate, intermediates: readonly Buffer[]): Promise<void> {
    try {
      mustNotBeReserved(certificate.issuer)
    } catch (cause) {
      throw new IssueError('CA_NOT_ISSUER', { cause })
    }
    if (this.known.length === 0 || this.#hasIssued(certificate, intermediates)) return
    if (this.#init.now().getTime() - this.#fetchedMs >= REFRESH_MS) await this.#refresh()
    if (!this.#hasIssued(certificate, intermediates)) throw new IssueError('CA_NOT_ISSUER')
  }

  /** Dates and purposes are for whoever relies on the certificate. */
  #hasIssued(leaf: Certificate, intermediates: readonly Buffer[]): boolean {
    const chain = validateChain({ leaf, trusted: this.#cas.trusted, intermediates, at: this.#init.now() })
    return chain.ok || (chain.code !== 'CHAIN_UNKNOWN_ISSUER' && chain.code !== 'CHAIN_BAD_SIGNATURE')
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(): Promise<void> {
    const { fetch, now, onFetched, onError } = this.#init
    if (!fetch) return
    this.#fetchedMs = now().getTime()
    try {
      const certificatesDer = await fetch(this.#ending.signal)
      // What it has signed before its renewal is still good.
      const older = this.known.map(({ der }) => der).filter(der => !certificatesDer.some(fetched => fetched.equals(der)))
      this.#cas = readCas([...certificatesDer, ...older].slice(0, MAX_CERTIFICATES))
      if (certificatesDer.length === 0) return
      clearInterval(this.#timer)
      onFetched(certificatesDer)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      // Once is enough for what stays as it is.
      if (!this.#ending.signal.aborted && words !== this.#lastError) onError(error)
      this.#lastError = words
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#ending.abort()
    await this.#fetching
  }
}
