import type { RequestStore } from '../store/requests.ts'
import type { CaAnswers, Sent } from './ca-answers.ts'
import { ENROL_FAILURES, type EnrolAnswer, EnrolError } from './enrol.ts'
import { IssueError } from './issue-error.ts'
import { until } from './until.ts'

/** For each request that a session may wait for, so many that no session waits for any longer. */
const LATE_PER_CALL = 3

/** Calls to a CA that there may be at the same time: whoever asks it needs a connection for each. */
export const callsAtOnce = (caConcurrency: number): number => caConcurrency * (1 + LATE_PER_CALL)

export type LateAnswersInit = {
  answers: CaAnswers
  requests: RequestStore
  caConcurrency: number
  caLateMs: number
  onError: (error: unknown) => void
}

/**
 * The calls that took longer than a session waits. The CA may sign all the same, so they are heard out: not for ever, and no more
 * of them than three times the calls of sessions; then the one that has waited longest is given up.
 */
export class LateAnswers implements AsyncDisposable {
  readonly #init: LateAnswersInit
  /** In the order in which they became late. */
  readonly #calls = new Set<AbortController>()
  /** What is being done with their answers, or instead. */
  readonly #taking = new Set<Promise<void>>()

  constructor(init: LateAnswersInit) {
    this.#init = init
  }

  /** Hear a call out. It ends by its answer, or when `call` is aborted. */
  hear(sent: Sent, { asked, call }: { asked: Promise<EnrolAnswer>; call: AbortController }): void {
    const { caConcurrency, caLateMs, onError } = this.#init
    const [oldest] = this.#calls
    if (oldest && this.#calls.size >= caConcurrency * LATE_PER_CALL) this.#giveUp(oldest)
    this.#calls.add(call)
    const timer = setTimeout(() => this.#giveUp(call), caLateMs)
    const taking = this.#take(sent, until(asked, call.signal))
      .catch(onError)
      .finally(() => {
        clearTimeout(timer)
        this.#calls.delete(call)
        this.#taking.delete(taking)
      })
    this.#taking.add(taking)
  }

  #giveUp(call: AbortController): void {
    this.#calls.delete(call)
    call.abort(new Error('nobody waits for this answer any longer'))
  }

  async #take(sent: Sent, asked: Promise<EnrolAnswer>): Promise<void> {
    const { answers, requests } = this.#init
    try {
      await answers.takeLate(sent, await asked)
    } catch (error) {
      if (error instanceof IssueError) return
      const isFinal = error instanceof EnrolError && ENROL_FAILURES[error.failure].isFinal
      // Nobody would ask for it again.
      if (sent.isNew || isFinal) await requests.remove(sent.id)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const call of this.#calls) this.#giveUp(call)
    await Promise.all(this.#taking)
  }
}
