import PQueue from 'p-queue'
import type { ServerOptions } from '../options.ts'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import { CaAnswers, type Enrolled, type Enrolment, type Sent } from './ca-answers.ts'
import type { CaCertificates } from './ca-certificates.ts'
import { ENROL_FAILURES, type Enrol, EnrolError, LIBEST } from './enrol.ts'
import { IssueError } from './issue-error.ts'
import { keyIdOf } from './issued.ts'
import { LateAnswers } from './late-answers.ts'
import { callLines, failureLines } from './online-lines.ts'
import { until } from './until.ts'

/** What a request that is with the CA may take beyond the times of its call, until some node asks for it again. */
const HANDOVER_MS = 60_000

type CallTimes = Pick<ServerOptions, 'caTimeoutMs' | 'caLateMs'>

/** When a request that is sent now is due again: its node has ended, if it has not said by then what became of it. */
export const handoverMs = ({ caTimeoutMs, caLateMs }: CallTimes): number => caTimeoutMs + caLateMs + HANDOVER_MS

export type EnrolmentsInit = CallTimes & {
  enrol: Enrol
  requests: RequestStore
  cas: CaCertificates
  /** Requests at once, and how many more may wait for their turn. */
  caConcurrency: number
  caQueue: number
  now: () => Date
  trace: Trace | undefined
  /** The store did not take what became of a request. */
  onError: (error: unknown) => void
}

/** Phones that wait go before requests that have waited for an officer. */
const PRIORITY = { session: 1, pending: 0 } as const

const TIMED_OUT = Symbol('the time of the CA is up')
const CLOSING = Symbol('the server stops')
const stopping = () => new IssueError('CA_UNREACHABLE', { where: 'the server stops' })

/**
 * The requests that are with the CA: at most so many at once, and a bounded queue before them. A request is in the store from
 * the moment when it is sent, so that its answer finds it whatever became of the session that wanted it.
 */
export class Enrolments implements AsyncDisposable {
  readonly #init: EnrolmentsInit
  readonly #answers: CaAnswers
  readonly #late: LateAnswers
  readonly #queue: PQueue
  /** What sessions wait for; each ends by its answer, or here. */
  readonly #waits = new Set<AbortController>()
  #isClosing = false

  constructor(init: EnrolmentsInit) {
    this.#init = init
    this.#answers = new CaAnswers(init)
    this.#late = new LateAnswers({ ...init, answers: this.#answers })
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
    try {
      return await (signal ? until(work, signal) : work)
    } catch (error) {
      if (signal?.aborted && !isSent) turn.abort()
      // When nobody is left to hear how it ends.
      work.catch(() => {})
      if (this.#isClosing && !isSent) throw stopping()
      throw error
    }
  }

  async #send(enrolment: Enrolment): Promise<Enrolled> {
    const { deviceName, csrDer } = enrolment
    const { enrol, trace, caTimeoutMs } = this.#init
    const id = enrolment.id ?? (await this.#keep(enrolment))
    if (this.#isClosing) throw stopping()
    trace?.write(callLines(deviceName))
    const call = new AbortController()
    const wait = new AbortController()
    this.#waits.add(wait)
    const timer = setTimeout(() => wait.abort(TIMED_OUT), caTimeoutMs)
    // An enrol that throws at once is one that rejects.
    const asked = (async () => enrol({ deviceName, csrDer, signal: call.signal }))()
    const sent = { ...enrolment, id, isNew: enrolment.id === undefined }
    try {
      const answer = await until(asked, wait.signal)
      clearTimeout(timer)
      return await this.#answers.take(sent, { answer, running: this.running })
    } catch (error) {
      if (wait.signal.reason === CLOSING) {
        call.abort(CLOSING)
        throw stopping()
      }
      if (wait.signal.reason !== TIMED_OUT) throw await this.#failed(sent, error)
      await this.#timedOut(sent)
      this.#late.hear(sent, { asked, call })
      throw new IssueError('CA_TIMEOUT', { where: `${caTimeoutMs} ms` })
    } finally {
      clearTimeout(timer)
      this.#waits.delete(wait)
    }
  }

  async #keep({ deviceName, csrDer, publicKeyDer }: Enrolment): Promise<number> {
    const { requests, now } = this.#init
    const createdMs = now().getTime()
    const dueMs = createdMs + handoverMs(this.#init)
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
  async #timedOut({ id, deviceName, isNew }: Sent): Promise<void> {
    const { requests, trace } = this.#init
    trace?.write(failureLines(deviceName, { libest: LIBEST.SSL_READ, running: this.running }))
    if (isNew) await requests.giveUp(id)
  }

  /** Give up what is with the CA; what a session waits for is asked again after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    this.#queue.clear()
    for (const wait of this.#waits) wait.abort(CLOSING)
    await this.#queue.onIdle()
    await this.#late[Symbol.asyncDispose]()
  }
}
