import { addAbortListener } from 'node:events'
import type { Certificate } from '@capfkit/pki'
import PQueue from 'p-queue'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import { CaAnswers, type Enrolled, type Enrolment, type Sent } from './ca-answers.ts'
import { ENROL_FAILURES, type Enrol, type EnrolAnswer, EnrolError, LIBEST } from './enrol.ts'
import { IssueError } from './issue-error.ts'
import { keyIdOf } from './issued.ts'
import { callLines, failureLines } from './online-lines.ts'

/** What a request that is with the CA may take beyond the time-out of the CA, until some node asks for it again. */
export const HANDOVER_MS = 60_000

export type EnrolmentsInit = {
  enrol: Enrol
  requests: RequestStore
  cas: readonly Certificate[]
  /** Requests at once, and how many more may wait for their turn. */
  caConcurrency: number
  caQueue: number
  caTimeoutMs: number
  now: () => Date
  trace: Trace | undefined
  /** The store did not take what became of a request. */
  onError: (error: unknown) => void
}

/** Phones that wait go before requests that have waited for an officer. */
const PRIORITY = { session: 1, pending: 0 } as const

const TIMED_OUT = Symbol('the time of the CA is up')
const CLOSING = Symbol('the server stops')

/** Rejects with the reason of the signal when that comes first; the promise goes on. */
const until = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  using _ = addAbortListener(signal, () => aborted.reject(signal.reason))
  return await Promise.race([promise, aborted.promise])
}

/**
 * The requests that are with the CA: at most so many at once, and a bounded queue before them. A request is in the store from
 * the moment when it is sent, so that its answer finds it whatever became of the session that wanted it.
 */
export class Enrolments implements AsyncDisposable {
  readonly #init: EnrolmentsInit
  readonly #answers: CaAnswers
  readonly #queue: PQueue
  readonly #calls = new Set<AbortController>()

  constructor(init: EnrolmentsInit) {
    this.#init = init
    this.#answers = new CaAnswers(init)
    this.#queue = new PQueue({ concurrency: init.caConcurrency })
  }

  /** Requests that are with the CA. */
  get running(): number {
    return this.#queue.pending
  }

  get waiting(): number {
    return this.#queue.size
  }

  /**
   * Ask the CA once.
   *
   * @param signal  nobody waits any longer: a request that has not been sent is dropped; one that is with the CA goes on, and
   *                its answer is kept for the next session.
   * @throws {IssueError} what the CA says, or `CA_QUEUE_FULL`.
   */
  async ask(enrolment: Enrolment, signal?: AbortSignal): Promise<Enrolled> {
    const { caQueue, caConcurrency } = this.#init
    if (this.waiting >= caQueue && this.running >= caConcurrency)
      throw new IssueError('CA_QUEUE_FULL', { where: `${this.waiting} in the queue` })
    const turn = new AbortController()
    let isSent = false
    const send = () => {
      isSent = true
      return this.#send(enrolment)
    }
    const work = this.#queue.add(send, { priority: signal ? PRIORITY.session : PRIORITY.pending, signal: turn.signal })
    if (!signal) return work
    try {
      return await until(work, signal)
    } catch (error) {
      if (signal.aborted && !isSent) turn.abort()
      // When nobody is left to hear how it ends.
      work.catch(() => {})
      throw error
    }
  }

  async #send(enrolment: Enrolment): Promise<Enrolled> {
    const { deviceName, csrDer } = enrolment
    const { enrol, trace, caTimeoutMs } = this.#init
    const id = enrolment.id ?? (await this.#keep(enrolment))
    trace?.write(callLines(deviceName))
    const call = new AbortController()
    this.#calls.add(call)
    const timer = setTimeout(() => call.abort(TIMED_OUT), caTimeoutMs)
    // An enrol that throws at once is one that rejects.
    const asked = (async () => enrol({ deviceName, csrDer, signal: call.signal }))()
    const sent = { ...enrolment, id, isNew: enrolment.id === undefined }
    try {
      const answer = await until(asked, call.signal)
      return await this.#answers.take(sent, { answer, running: this.running })
    } catch (error) {
      if (call.signal.reason === CLOSING) throw new IssueError('CA_UNREACHABLE', { where: 'the server stops' })
      if (call.signal.reason === TIMED_OUT) return this.#timedOut(sent, asked)
      throw await this.#failed(sent, error)
    } finally {
      clearTimeout(timer)
      this.#calls.delete(call)
    }
  }

  async #keep({ deviceName, csrDer, publicKeyDer }: Enrolment): Promise<number> {
    const { requests, now, caTimeoutMs } = this.#init
    const createdMs = now().getTime()
    const dueMs = createdMs + caTimeoutMs + HANDOVER_MS
    const id = await requests.keep({ deviceName, csrDer, keyId: keyIdOf(publicKeyDer), createdMs, dueMs })
    if (id === undefined) throw new IssueError('REQUEST_LOST', { where: deviceName })
    return id
  }

  async #failed({ id, deviceName, isNew }: Sent, error: unknown): Promise<unknown> {
    if (error instanceof IssueError) return error
    const { requests, trace } = this.#init
    const { libest, failure } = error instanceof EnrolError ? error : ({ libest: LIBEST.SYSCALL, failure: 'unreached' } as const)
    const { code, isFinal } = ENROL_FAILURES[failure]
    trace?.write(failureLines(deviceName, { libest, running: this.running }))
    // A request that waits for an officer goes on waiting until he has said no.
    if (isNew || isFinal) await requests.remove(id)
    return new IssueError(code, { cause: error })
  }

  /** The phone may begin anew; what the CA says late is still taken. */
  async #timedOut(sent: Sent, asked: Promise<EnrolAnswer>): Promise<never> {
    const { requests, trace, caTimeoutMs, onError } = this.#init
    trace?.write(failureLines(sent.deviceName, { libest: LIBEST.SSL_READ, running: this.running }))
    if (sent.isNew) await requests.giveUp(sent.id)
    asked
      .then(
        answer => this.#answers.takeLate(sent, answer),
        () => sent.isNew && requests.remove(sent.id),
      )
      .catch(error => {
        if (!(error instanceof IssueError)) onError(error)
      })
    throw new IssueError('CA_TIMEOUT', { where: `${caTimeoutMs} ms` })
  }

  /** Give up what is with the CA; it is asked again after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.clear()
    for (const call of this.#calls) call.abort(CLOSING)
    await this.#queue.onIdle()
  }
}
