import { type CertificateRequest, PkiError, parseCsr, publicKeySpec } from '@capfkit/pki'
import type { CertificationAuthority } from './authority.ts'
import { HRESULTS, type HresultName } from './hresults.ts'
import { type Language, say } from './languages.ts'
import { type AdcsTemplate, USAGES } from './templates.ts'

type Row = {
  readonly id: number
  readonly userName: string
  readonly template: string
  readonly subject: string
  readonly submittedAt: Date
}

/** One request at the CA. */
export type AdcsRequest = Row &
  (
    | { readonly status: 'pending'; readonly csr: CertificateRequest; readonly profile: 'lsc' | 'unfitLsc' }
    | { readonly status: 'issued'; readonly certificateDer: Buffer }
    | { readonly status: 'denied'; readonly message: string; readonly result: HresultName }
  )

/** What comes of handing in: a request with a number, or a result of a CA that never kept one. */
export type Submitted = { readonly request: AdcsRequest } | { readonly failed: HresultName }

export type Submission = {
  /** Base64 or PEM. */
  readonly certRequest: string
  /** `name:value` lines. */
  readonly certAttrib: string
  readonly userName: string
}

export type RequestsInit = {
  readonly authority: CertificationAuthority
  readonly templates: readonly AdcsTemplate[]
  readonly language: Language
  readonly firstRequestId: number
  readonly maxRequests: number
  readonly now: () => Date
}

const DEFAULT_MIN_BITS = 1024
const MAX_NAME = 64
const CONTROL = /[\p{Cc}]/u

/** Spaces are what a plus sign becomes that was not percent-encoded: such a request does not decode. */
const csrOf = (text: string): CertificateRequest | undefined => {
  const base64 = text.replace(/-----[^-]*-----/g, '').replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  try {
    return parseCsr(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

/** The first attribute of this name, whatever its case. */
const attribute = (lines: string, name: string): string | undefined =>
  lines
    .split(/\r?\n/)
    .map(line => line.split(/:(.*)/s, 2).map(part => part.trim()))
    .find(([found]) => found?.toLowerCase() === name.toLowerCase())?.[1]

const subjectText = ({ subject }: CertificateRequest) => subject.map(({ type, value }) => `${type}=${value}`).join(',')

const hasKnownKey = ({ publicKeyDer }: CertificateRequest): boolean => {
  try {
    return publicKeySpec(publicKeyDer) !== undefined
  } catch {
    return false
  }
}

/** The requests of a CA, and what its policy and its officers say. Bounded: what is decided is forgotten first. */
export class Requests {
  readonly #init: RequestsInit
  readonly #rows = new Map<number, AdcsRequest>()
  #nextId: number

  constructor(init: RequestsInit) {
    this.#init = init
    this.#nextId = init.firstRequestId
  }

  get(id: number): AdcsRequest | undefined {
    return this.#rows.get(id)
  }

  /** What waits for an officer. */
  get pending(): readonly AdcsRequest[] {
    return [...this.#rows.values()].filter(({ status }) => status === 'pending')
  }

  /** The template that a request names, before it is handed in. */
  templateOf({ certAttrib }: Pick<Submission, 'certAttrib'>): AdcsTemplate | undefined {
    const wanted = attribute(certAttrib, 'CertificateTemplate')?.toLowerCase()
    return this.#init.templates.find(({ name }) => name.toLowerCase() === wanted)
  }

  /** Judge a request. Policy comes after the form: a request that is none is not kept. */
  async submit(submission: Submission, signal?: AbortSignal): Promise<Submitted> {
    const csr = csrOf(submission.certRequest)
    if (!csr) return { failed: 'badRequest' }
    if (!csr.verify()) return { failed: hasKnownKey(csr) ? 'badSignature' : 'badKey' }
    if (!this.#makeRoom()) return { failed: 'queueFull' }
    const name = attribute(submission.certAttrib, 'CertificateTemplate')
    const template = this.templateOf(submission)
    const row: Row = {
      id: this.#nextId++,
      userName: submission.userName,
      template: template?.name ?? name ?? '',
      subject: subjectText(csr),
      submittedAt: this.#init.now(),
    }
    const request = await this.#judge(row, { csr, name, template, ...(signal ? { signal } : {}) })
    this.#rows.set(row.id, request)
    return { request }
  }

  #makeRoom(): boolean {
    if (this.#rows.size < this.#init.maxRequests) return true
    const decided = [...this.#rows.values()].find(({ status }) => status !== 'pending')
    return decided !== undefined && this.#rows.delete(decided.id)
  }

  async #judge(
    row: Row,
    asked: { csr: CertificateRequest; name: string | undefined; template: AdcsTemplate | undefined; signal?: AbortSignal },
  ): Promise<AdcsRequest> {
    const { csr, name, template, signal } = asked
    if (name === undefined) return this.#denied(row, 'noTemplate')
    if (!template) return this.#denied(row, 'unknownTemplate', name)
    const { policy = 'issue', minBits = DEFAULT_MIN_BITS, usage = 'fit' } = template
    const spec = publicKeySpec(csr.publicKeyDer)
    if (policy === 'deny') return this.#denied(row, 'templateDenied')
    if (spec.type === 'rsa' && spec.bits < minBits) return this.#denied(row, 'keyLength')
    const isNamed = csr.subject.length > 0 && csr.subject.every(({ value }) => value.length <= MAX_NAME && !CONTROL.test(value))
    if (!isNamed) return this.#denied(row, 'badSubject')
    if (policy === 'pend') return { ...row, status: 'pending', csr, profile: USAGES[usage] }
    return this.#issue(row, { csr, profile: USAGES[usage], ...(signal ? { signal } : {}) })
  }

  async #issue(
    row: Row,
    { csr, profile, signal }: { csr: CertificateRequest; profile: 'lsc' | 'unfitLsc'; signal?: AbortSignal },
  ): Promise<AdcsRequest> {
    const { subject, publicKeyDer } = csr
    try {
      const { certificateDer } = await this.#init.authority.issue({ profile, subject, publicKeyDer, ...(signal ? { signal } : {}) })
      return { ...row, status: 'issued', certificateDer }
    } catch (error) {
      if (error instanceof PkiError && error.code === 'PKI_BAD_NAME') return this.#denied(row, 'badSubject')
      throw error
    }
  }

  #denied(row: Row, result: HresultName, text?: string): AdcsRequest {
    const { code, words } = HRESULTS[result]
    const what =
      result === 'unknownTemplate'
        ? `The request was for a certificate template that is not supported by the Active Directory Certificate Services policy: ${text}.`
        : words
    return { ...row, status: 'denied', result, message: `Denied by Policy Module ${code}, ${what}` }
  }

  /** An officer signs a pending request. False where nothing waits under this number. */
  async approve(id: number): Promise<boolean> {
    const request = this.#rows.get(id)
    if (request?.status !== 'pending') return false
    const { csr, profile, status: _, ...row } = request
    const decided = await this.#issue(row, { csr, profile })
    // Another officer may have been quicker.
    if (this.#rows.get(id) !== request) return false
    this.#rows.set(id, decided)
    return true
  }

  /** An officer denies a pending request. False where nothing waits under this number. */
  deny(id: number, officer: string): boolean {
    const request = this.#rows.get(id)
    if (request?.status !== 'pending') return false
    const { csr: _csr, profile: _profile, status: _status, ...row } = request
    const message = say(this.#init.language, 'deniedBy', { text: officer })
    this.#rows.set(id, { ...row, status: 'denied', result: 'adminDenied', message })
    return true
  }
}
