import { type Certificate, commonName, type DistinguishedName, parseCertificate, TrustStore } from '@capfkit/pki'
import { ServerError } from '../errors.ts'
import { IssueError } from './issue-error.ts'
import { isSignedBy } from './signed-by.ts'

/**
 * When a CA whose certificates are not known yet is asked for them, the pause twice as long each time: behind it may be a wrong
 * password, and an account that is locked after some more.
 */
const RETRY_MS = { first: 5_000, most: 300_000 } as const
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
    if (this.#init.fetch) this.#askIn(this.#init.retryMs ?? RETRY_MS.first)
  }

  #askIn(pauseMs: number): void {
    if (this.known.length > 0 || this.#ending.signal.aborted) return
    const ask = () => void this.#refresh().then(() => this.#askIn(Math.min(2 * pauseMs, RETRY_MS.most)))
    this.#timer = setTimeout(ask, pauseMs)
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
    const pausedMs = this.#init.now().getTime() - this.#fetchedMs
    if (this.known.length === 0) {
      // It signs: then it is there. The phone does not wait for it.
      if (pausedMs >= RETRY_MS.first) void this.#refresh()
      return
    }
    if (this.#hasIssued(certificate, intermediates)) return
    if (pausedMs >= REFRESH_MS) await this.#refresh()
    if (!this.#hasIssued(certificate, intermediates)) throw new IssueError('CA_NOT_ISSUER')
  }

  #hasIssued(leaf: Certificate, intermediates: readonly Buffer[]): boolean {
    return isSignedBy(leaf, { trusted: this.#cas.trusted, intermediates, at: this.#init.now() })
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
      clearTimeout(this.#timer)
      onFetched(certificatesDer)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      // Once is enough for what stays as it is.
      if (!this.#ending.signal.aborted && words !== this.#lastError) onError(error)
      this.#lastError = words
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    this.#ending.abort()
    await this.#fetching
  }
}
