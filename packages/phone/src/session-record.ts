import type { MessageName } from '@capfkit/codec/capf'
import type { Trouble } from './decision.ts'
import { failureOf, type PhoneFailure } from './errors.ts'
import type { Phase } from './phases.ts'
import type { MessageSeen, Operation, SessionResult } from './result.ts'

const MAX_MESSAGES_SEEN = 64

/** What is known of a session while it runs: where it is, how long each phase took, what went wrong first. */
export class SessionRecord {
  readonly #now: () => number
  readonly #startedAt: number
  readonly #phasesMs: Partial<Record<Phase, number>> = {}
  readonly #messages: MessageSeen[] = []
  #phase: Phase = 'connect'
  #phaseSince: number
  #failure: PhoneFailure | undefined
  operation: Operation = 'unknown'
  lsc: SessionResult['lsc'] = 'unchanged'
  sessionId: number | undefined

  constructor(now: () => number) {
    this.#now = now
    this.#startedAt = now()
    this.#phaseSince = this.#startedAt
  }

  get phase(): Phase {
    return this.#phase
  }

  /** The first phase, where it is not `connect`. */
  begin(phase: Phase): void {
    this.#phase = phase
  }

  /** Count the time of the phase that was running and begin this one. */
  enter(phase: Phase): void {
    this.#count()
    this.#phase = phase
  }

  saw(from: MessageSeen['from'], name: MessageName): void {
    if (this.#messages.length < MAX_MESSAGES_SEEN) this.#messages.push({ from, name, atMs: this.#now() - this.#startedAt })
  }

  /** Something went wrong in the present phase. Only the first is kept: what follows from it is not the reason. */
  note(trouble: Trouble, { isNetworkLoss = false } = {}): void {
    this.#failure ??= failureOf({ ...trouble, phase: this.#phase, isNetworkLoss })
  }

  /** The session is over. */
  finish(over: { reason?: number; retryAfterSeconds?: number }): SessionResult {
    this.#count()
    return {
      ok: this.#failure === undefined,
      operation: this.operation === 'unknown' && this.#failure === undefined ? 'none' : this.operation,
      lsc: this.lsc,
      phasesMs: this.#phasesMs,
      totalMs: this.#phaseSince - this.#startedAt,
      messages: this.#messages,
      ...over,
      ...(this.#failure ? { failure: this.#failure } : {}),
      ...(this.sessionId === undefined ? {} : { sessionId: this.sessionId }),
    }
  }

  #count(): void {
    const at = this.#now()
    this.#phasesMs[this.#phase] = (this.#phasesMs[this.#phase] ?? 0) + (at - this.#phaseSince)
    this.#phaseSince = at
  }
}
