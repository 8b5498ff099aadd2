import type { PhoneErrorCode } from '../errors.ts'
import type { SessionResult } from '../result.ts'

type OutcomeRow = {
  readonly doc: string
  /** The failure of a session that ended like that although it should not have. */
  readonly unexpected?: PhoneErrorCode
}

/** How a session of a phone that misbehaves on purpose may end. Names and meaning are ours. */
export const OUTCOMES = {
  done: { doc: 'everything that was ordered was done', unexpected: 'PHONE_FAULT_ACCEPTED' },
  idle: { doc: 'the server had nothing for this phone, and said so', unexpected: 'PHONE_FAULT_ACCEPTED' },
  refused: { doc: 'the server ended the session with END_SESSION, or asked to come later', unexpected: 'PHONE_FAULT_REFUSED' },
  closed: { doc: 'the server closed the connection and said nothing', unexpected: 'PHONE_FAULT_REFUSED' },
  cut: { doc: 'the phone itself reset the connection: nothing more can be seen of the server' },
  unanswered: {
    doc: 'the server did neither for as long as the phone had patience',
    unexpected: 'PHONE_FAULT_UNANSWERED',
  },
  failed: { doc: 'the session failed for a reason of its own; the failure is what it is' },
} as const satisfies Record<string, OutcomeRow>

export type Outcome = keyof typeof OUTCOMES

export const outcomeRow = (outcome: Outcome): OutcomeRow => OUTCOMES[outcome]

const BY_FAILURE: Partial<Record<PhoneErrorCode, Outcome>> = {
  PHONE_TLS_FAILED: 'closed',
  PHONE_SERVER_HUNG_UP: 'closed',
  PHONE_CONNECTION_LOST: 'closed',
  PHONE_TLS_TIMEOUT: 'unanswered',
  PHONE_REPLY_TIMEOUT: 'unanswered',
  PHONE_SESSION_TIMEOUT: 'unanswered',
}

/** What a session came to. */
export const outcomeOf = ({ failure, operation, reason, retryAfterSeconds }: SessionResult): Outcome => {
  if (!failure) return operation === 'none' ? 'idle' : 'done'
  if (reason !== undefined || retryAfterSeconds !== undefined) return 'refused'
  return BY_FAILURE[failure.code] ?? 'failed'
}
