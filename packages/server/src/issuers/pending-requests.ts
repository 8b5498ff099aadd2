import { parseCsr } from '@capfkit/pki'
import type { ServerOptions } from '../options.ts'
import type { KeptRequest, RequestStore } from '../store/requests.ts'
import { ENROL_FAILURES, EnrolError } from './enrol.ts'
import { type Enrolments, handoverMs } from './enrolments.ts'
import { IssueError } from './issue-error.ts'

/** How often the store is asked what is due. */
const POLL_MS = 5_000
const DAY_MS = 86_400_000

export type PendingRequestsInit = Pick<ServerOptions, 'caTimeoutMs' | 'caLateMs' | 'caConcurrency' | 'pendingDays'> & {
  enrolments: Enrolments
  requests: RequestStore
  now: () => Date
  onError: (error: unknown) => void
  /** The CA has said no to a request that waited, and nobody waits for it: the phone begins anew with its next session. */
  onDenied: (deviceName: string, denial: IssueError) => void
  pollMs?: number | undefined
}

/** No more asking will help. */
const isDenial = ({ cause }: IssueError): boolean => cause instanceof EnrolError && ENROL_FAILURES[cause.failure].isFinal

/**
 * Asks the CA again for requests that somebody has to decide on, when their Retry-After has passed, and for those of a server
 * that ended while they were with the CA. All processes of a store share this work: each request is taken by one of them.
 */
export class PendingRequests implements AsyncDisposable {
  readonly #init: PendingRequestsInit
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()

  constructor(init: PendingRequestsInit) {
    this.#init = init
  }

  start(): void {
    const { pollMs = POLL_MS, onError } = this.#init
    let isBusy = false
    this.#timer = setInterval(() => {
      if (isBusy) return
      isBusy = true
      this.#round = this.#askForDue()
        .catch(onError)
        .finally(() => {
          isBusy = false
        })
    }, pollMs)
    this.#timer.unref()
  }

  async #askForDue(): Promise<void> {
    const { requests, caConcurrency, now } = this.#init
    const taken: KeptRequest[] = []
    while (taken.length < caConcurrency) {
      const nowMs = now().getTime()
      const due = await requests.takeDue({ nowMs, untilMs: nowMs + handoverMs(this.#init) })
      if (!due) break
      taken.push(due)
    }
    await Promise.all(taken.map(kept => this.#askFor(kept)))
  }

  /** How it ends is written by whoever takes the answer; a CA that cannot be reached is asked when the request is due again. */
  async #askFor({ id, deviceName, csrDer, createdMs }: KeptRequest): Promise<void> {
    const { enrolments, requests, pendingDays, now, onDenied } = this.#init
    if (now().getTime() - createdMs > pendingDays * DAY_MS) {
      await requests.remove(id)
      return
    }
    const { publicKeyDer } = parseCsr(csrDer)
    try {
      await enrolments.ask({ id, deviceName, csrDer, publicKeyDer })
    } catch (error) {
      if (!(error instanceof IssueError)) throw error
      if (isDenial(error)) onDenied(deviceName, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
  }
}
