import { type ParsedHeader, ROLES } from '@capfkit/codec/tlv'
import { STATUS } from '@capfkit/codec/tvs'
import { KnownSigner } from '@capfkit/pki'
import { BootError, type BootErrorCode } from '../boot/errors.ts'
import type { Environment } from '../environment.ts'
import type { CachedAnswer, TvsMember } from '../flash/flash.ts'
import type { ConsoleLog } from '../screen/console-lines.ts'
import type { HeldLists } from '../trust/held-lists.ts'
import { AnswerCache } from './answers.ts'
import { type AnswerTo, askTvs, type ExchangeInit } from './exchange.ts'

/** Phones ask no more members than these [BOOT-5.1]. */
const MAX_ASKED = 3
const SECONDS_PER_HOUR = 3_600

/** What TVS says of a certificate, or why it says nothing. */
export type TvsVerdict =
  | { readonly verdict: 'confirmed'; readonly roles: readonly number[] }
  | { readonly verdict: 'denied' }
  | { readonly verdict: 'silent'; readonly code: BootErrorCode; readonly detail: string }

/** A signer that only TVS knows. */
export type FoundSigner = { readonly signer: KnownSigner; readonly roles: readonly number[] }

export type TvsClientInit = {
  readonly environment: Environment
  readonly lists: HeldLists
  readonly console: ConsoleLog
  /** `CP-8861-SEP001122334455`: how the phone calls itself. */
  readonly askingName: string
  readonly members: readonly TvsMember[]
  readonly answers: readonly CachedAnswer[]
  readonly timeoutMs: number
  /** Finds the address of a member; tells the user when there is none. */
  readonly resolve: (host: string, signal: AbortSignal | undefined) => Promise<string>
  readonly localAddress: string | undefined
  /** Told how long each exchange took. */
  readonly took: (ms: number) => void
}

type QuestionName = 'VERIFY_REQUEST' | 'QUERY_REQUEST'

/** The phone's side of TVS [BOOT-5]: members in their order, the answers of before first. */
export class TvsClient {
  readonly #init: TvsClientInit
  readonly #cache: AnswerCache
  #members: readonly TvsMember[] = []

  constructor(init: TvsClientInit) {
    this.#init = init
    this.#cache = new AnswerCache({ now: init.environment.now, answers: init.answers })
    this.members = init.members
  }

  get members(): readonly TvsMember[] {
    return this.#members
  }

  /** As a configuration names them; the lowest number first. */
  set members(members: readonly TvsMember[]) {
    this.#members = members.toSorted((a, b) => a.priority - b.priority).slice(0, MAX_ASKED)
  }

  get answers(): readonly CachedAnswer[] {
    return this.#cache.current
  }

  /** Whether there is somebody to ask: members, and a record by which they can be believed. */
  get isUsable(): boolean {
    return this.#members.length > 0 && this.#init.lists.recordsOf(ROLES.TVS.number).length > 0
  }

  /** What certificate is this? Never rejects but for the signal. @throws {BootError} `BOOT_ABORTED` */
  async verify(certificateDer: Buffer, signal: AbortSignal | undefined): Promise<TvsVerdict> {
    const cached = this.#cache.rolesOf(certificateDer)
    if (cached) return { verdict: 'confirmed', roles: cached }
    const answer = await this.#ask({ name: 'VERIFY_REQUEST', certificateDer, deviceName: this.#init.askingName }, signal)
    if ('code' in answer) return { verdict: 'silent', ...answer }
    if (answer.status !== STATUS.VALID) return this.#denied()
    const { roles = [], ttlSeconds } = answer
    this.#keep(certificateDer, { roles, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) })
    return { verdict: 'confirmed', roles }
  }

  /**
   * Whom does this header name? What is found was only named so: its signature is still to be checked.
   *
   * @throws {BootError} `BOOT_ABORTED`
   */
  async findSigner({ signer }: ParsedHeader, signal: AbortSignal | undefined): Promise<FoundSigner | TvsVerdict> {
    const { name: subject, issuerName: issuer, serialNumber } = signer
    const { askingName: deviceName } = this.#init
    const answer = await this.#ask({ name: 'QUERY_REQUEST', deviceName, subject, issuer, serialNumber }, signal)
    if ('code' in answer) return { verdict: 'silent', ...answer }
    const { status, certificateDer, roles = [] } = answer
    if (status !== STATUS.VALID || !certificateDer) return this.#denied()
    try {
      // A copy: the answer is a view into what the socket delivered.
      return { signer: KnownSigner.ofCertificate(Buffer.from(certificateDer)), roles }
    } catch {
      return this.#denied()
    }
  }

  #denied(): TvsVerdict {
    this.#init.console.write('TVS_DENIED')
    return { verdict: 'denied' }
  }

  #keep(certificateDer: Buffer, answer: { roles: readonly number[]; ttlSeconds?: number }): void {
    const seconds = this.#cache.add(certificateDer, answer)
    if (seconds > 0) this.#init.console.write('TVS_CACHED', { hours: Math.round(seconds / SECONDS_PER_HOUR) })
  }

  /** The first member that answers has the last word, be it a refusal. */
  async #ask<N extends QuestionName>(
    question: ExchangeInit<N>['question'],
    signal: AbortSignal | undefined,
  ): Promise<AnswerTo<N> | { code: BootErrorCode; detail: string }> {
    const { environment, console, timeoutMs, localAddress, took } = this.#init
    let failure = { code: 'BOOT_TVS_NONE' as BootErrorCode, detail: 'no TVS is configured' }
    if (!this.isUsable) return failure
    for (const { host, port } of this.#members) {
      let startedAt: number | undefined
      try {
        const address = await this.#init.resolve(host, signal)
        startedAt = environment.now()
        const target = { host: address, port, ...(localAddress === undefined ? {} : { localAddress }) }
        return await askTvs<N>({ target, question, environment, accepts: der => this.#accepts(der), timeoutMs, signal })
      } catch (error) {
        if (!(error instanceof BootError) || error.code === 'BOOT_ABORTED') throw error
        console.write('TVS_FAILED', { host, code: error.code })
        failure = { code: error.code, detail: error.message }
      } finally {
        if (startedAt !== undefined) took(environment.now() - startedAt)
      }
    }
    return failure
  }

  #accepts(certificateDer: Buffer): boolean {
    const { console, lists } = this.#init
    const isKnown = lists.has(certificateDer, ROLES.TVS.number)
    console.write('TVS_ROLE', { role: ROLES.TVS.number })
    console.write(isKnown ? 'TVS_HASHES_MATCH' : 'NO_MATCH')
    return isKnown
  }
}
