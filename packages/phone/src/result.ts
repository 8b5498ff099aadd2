import type { MessageName } from '@capfkit/codec/capf'
import type { PhoneFailure } from './errors.ts'
import type { FaultName } from './faults/faults.ts'
import type { Outcome } from './faults/outcome.ts'
import type { Phase } from './phases.ts'

/** `unknown`: the session ended before the server said what it wants. */
export type Operation = 'install' | 'delete' | 'fetch' | 'none' | 'unknown'

/** One message as it passed; `atMs` counts from the start of the session. */
export type MessageSeen = { readonly from: 'server' | 'client'; readonly name: MessageName; readonly atMs: number }

/** How one session went. Plain data: it can cross a process boundary, and holds no secret. */
export type SessionResult = {
  /** The server ended the session and everything that it asked for was done; also when it asked for nothing. */
  ok: boolean
  /** What the server asked for last. */
  operation: Operation
  /** REASON of the END_SESSION that the server sent. */
  reason?: number
  /** What became of the LSC: it is `installed` as soon as STORE_CERTIFICATE_RESPONSE is on its way. */
  lsc: 'installed' | 'deleted' | 'unchanged'
  /** Time in each phase, in milliseconds. Only phases that the session reached. */
  phasesMs: Partial<Record<Phase, number>>
  /** From the start until END_SESSION or failure, in milliseconds; closing the connection is not in it. */
  totalMs: number
  failure?: PhoneFailure
  /** What RETRY_LATER said; the sending of it is this project's own [CAPF-3.6]. */
  retryAfterSeconds?: number
  sessionId?: number
  /** There when the phone did something wrong on purpose; a `failure` beside an expected outcome is none of the server. */
  disturbed?: { readonly fault: FaultName; readonly outcome: Outcome; readonly isExpected: boolean }
  /** The first 64 messages of the session in both directions. */
  messages: readonly MessageSeen[]
}

/** How contacting CAPF went, retries included: the last session, and how many there were. */
export type ContactResult = SessionResult & { sessions: number }
