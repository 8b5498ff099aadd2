import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type CertificateRequest, formatName, type KeyPair } from '@capfkit/pki'
import type { Authority, EnrolAnswer, EnrolContext } from '../authority/authority.ts'
import type { References } from './reference-folder.ts'
import { Refused } from './refusals.ts'

export type EnrolmentsInit = {
  readonly authority: Authority
  readonly answerTimeoutMs: number
  readonly pendingTimeoutMs: number
  readonly maxPending: number
  /** Where what the CA called its requests outlives this process. */
  readonly references?: References
  readonly now: () => number
}

/** What the CA is sent: the request as it came, or one for a key that the server made. */
export type Sent = { readonly csrDer: Buffer; readonly keyPair?: KeyPair }

type Asked = {
  /** The request of the client: who it is for. */
  readonly csr: CertificateRequest
  /** Called once, however often the client comes back. */
  readonly send: () => Promise<Sent>
  readonly context: Omit<EnrolContext, 'signal' | 'reference'>
  /** Ends when the client has gone: what comes then is kept for when it is back. */
  readonly gone: AbortSignal
}

type Outcome = EnrolAnswer & { readonly keyPair?: KeyPair }

type Entry = {
  /** When somebody came for it last. */
  askedAt: number
  readonly ending: AbortController
  readonly sent: Promise<Sent>
  /** What the CA is being asked; nothing where it said that it has not decided, or could not be asked. */
  asking: Promise<Outcome> | undefined
  reference?: string
}

/**
 * Requests that a CA has not answered, or whose answer nobody has taken yet. A client that is told to come back sends the same
 * request again (RFC 7030 §4.2.3): it is known by its key and subject and by who asks, since with proof of possession its bytes
 * differ each time. The CA is asked once, whatever happens to the client [EST-5.2].
 */
export class Enrolments {
  readonly #init: EnrolmentsInit
  /** Those for which nobody has come for longest are first. */
  readonly #entries = new Map<string, Entry>()
  /** Those that wait for nothing but their clients, in the order of their answers. */
  readonly #answered = new Set<string>()

  constructor(init: EnrolmentsInit) {
    this.#init = init
  }

  /** Requests under way or undecided at this moment. */
  get pending(): number {
    return this.#entries.size
  }

  /**
   * The answer of the CA, or `pending` when it takes too long.
   *
   * @throws {Refused} `busy`; {AuthorityError}
   */
  async enrol(asked: Asked): Promise<Outcome> {
    const key = identityOf(asked)
    const entry = this.#entries.get(key) ?? this.#start(key, asked)
    entry.askedAt = this.#init.now()
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.asking ??= this.#ask(key, { entry, asked })
    const outcome = await this.#within(entry.asking, asked.gone)
    if (this.#answered.has(key) && !asked.gone.aborted) this.#forget(key)
    return outcome
  }

  /** Nobody waits any longer. */
  stop(): void {
    for (const { ending } of this.#entries.values()) ending.abort()
    this.#entries.clear()
    this.#answered.clear()
  }

  #start(key: string, asked: Asked): Entry {
    this.#forgetOld()
    const { maxPending, references, now } = this.#init
    // An answer that nobody came for is worth less than a request that the CA has not seen.
    const [uncollected] = this.#answered
    if (this.#entries.size >= maxPending && uncollected !== undefined) this.#forget(uncollected)
    if (this.#entries.size >= maxPending) throw new Refused('busy')
    const reference = references?.get(key)
    return {
      askedAt: now(),
      ending: new AbortController(),
      sent: asked.send(),
      asking: undefined,
      ...(reference === undefined ? {} : { reference }),
    }
  }

  #ask(key: string, { entry, asked }: { entry: Entry; asked: Asked }): Promise<Outcome> {
    const { reference, ending } = entry
    const context = { ...asked.context, signal: ending.signal, ...(reference === undefined ? {} : { reference }) }
    const asking = entry.sent.then(async ({ csrDer, keyPair }) => ({
      ...(await this.#init.authority.enrol(csrDer, context)),
      ...(keyPair ? { keyPair } : {}),
    }))
    asking.then(
      answer => {
        if (answer.status === 'pending') this.#postpone(key, { entry, asked, answer })
        // The CA still has the request, and may let this server in again.
        else if (answer.status === 'unauthorised' && entry.reference !== undefined) entry.asking = undefined
        else if (this.#entries.get(key) === entry) this.#answered.add(key)
      },
      () => {
        entry.asking = undefined
        if (entry.reference === undefined && this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    return asking
  }

  /** Only a CA that said so is asked again; one that is still at it goes on. */
  #postpone(key: string, { entry, asked, answer }: { entry: Entry; asked: Asked; answer: Outcome & { status: 'pending' } }): void {
    entry.asking = undefined
    if (answer.reference !== undefined) entry.reference = answer.reference
    // A key that this server made would be gone with it, and its certificate of no use.
    if (entry.reference === undefined || answer.keyPair) return
    this.#init.references?.set(key, { reference: entry.reference, subject: formatName(asked.csr.subject) })
  }

  #forget(key: string): void {
    this.#entries.get(key)?.ending.abort()
    this.#entries.delete(key)
    this.#answered.delete(key)
    this.#init.references?.delete(key)
  }

  /** The answer, or `pending` when the time is up or the client has gone. */
  async #within(asking: Promise<Outcome>, gone: AbortSignal): Promise<Outcome> {
    const over = new AbortController()
    const late = () => ({ status: 'pending' }) as const
    const signal = AbortSignal.any([over.signal, gone])
    try {
      return await Promise.race([asking, delay(this.#init.answerTimeoutMs, undefined, { signal }).then(late, late)])
    } finally {
      over.abort()
    }
  }

  #forgetOld(): void {
    const oldest = this.#init.now() - this.#init.pendingTimeoutMs
    for (const [key, { askedAt }] of this.#entries) {
      if (askedAt > oldest) return
      this.#forget(key)
    }
  }
}

const identityOf = ({ csr, context: { operation, label = '', user = '', clientCertificateDer } }: Asked): string => {
  const hash = createHash('sha256')
  for (const part of [operation, label, user]) hash.update(`${part}\0`)
  return hash
    .update(clientCertificateDer ?? '')
    .update(csr.subjectDer)
    .update(csr.publicKeyDer)
    .digest('hex')
}
