import { hash } from 'node:crypto'
import type { CachedAnswer } from '../flash/flash.ts'
import { MAX_ANSWERS } from '../flash/tvs-memory.ts'

/** A TVS that gives no time means a day, as all known ones say; and nothing is believed for longer than a week [BOOT-5.4]. */
const USUAL_SECONDS = 86_400
const MAX_SECONDS = 7 * 86_400

export const fingerprint = (certificateDer: Buffer): string => hash('sha256', certificateDer, 'hex')

/** What TVS has confirmed and may still be believed, the oldest first. Refusals are not kept. */
export class AnswerCache {
  readonly #now: () => number
  readonly #answers: Map<string, CachedAnswer>

  constructor(init: { now: () => number; answers: readonly CachedAnswer[] }) {
    this.#now = init.now
    // Of answers that were kept while the clock was ahead, the end may be years away.
    const latest = init.now() + MAX_SECONDS * 1000
    this.#answers = new Map(
      init.answers.map(answer => [answer.sha256, { ...answer, expiresAt: Math.min(answer.expiresAt, latest) }]),
    )
  }

  rolesOf(certificateDer: Buffer): readonly number[] | undefined {
    const answer = this.#answers.get(fingerprint(certificateDer))
    return answer && answer.expiresAt > this.#now() ? answer.roles : undefined
  }

  /** @returns for how many seconds; 0: it is not kept. */
  add(certificateDer: Buffer, { roles, ttlSeconds = USUAL_SECONDS }: { roles: readonly number[]; ttlSeconds?: number }): number {
    const seconds = Math.min(ttlSeconds, MAX_SECONDS)
    const sha256 = fingerprint(certificateDer)
    this.#answers.delete(sha256)
    if (seconds === 0) return 0
    this.#answers.set(sha256, { sha256, roles, expiresAt: this.#now() + seconds * 1000 })
    if (this.#answers.size > MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!)
    return seconds
  }

  /** Those that are still good. */
  get current(): readonly CachedAnswer[] {
    return [...this.#answers.values()].filter(({ expiresAt }) => expiresAt > this.#now())
  }
}
