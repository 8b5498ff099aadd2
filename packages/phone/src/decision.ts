import type { Message, MessageName, MessageOf } from '@capfkit/codec/capf'
import type { KeySpec } from '@capfkit/pki'
import type { Credential, Device, MadeKey } from './device.ts'
import type { PhoneErrorCode } from './errors.ts'
import type { Phase } from './phases.ts'
import type { Operation } from './result.ts'

/** What the phone waits for: the only thing that a session remembers about its place in the conversation. */
export const MOMENTS = {
  greeting: 'AUTH_REQUEST, the first message of all',
  operation: 'what the server wants next, or END_SESSION',
  key: 'its own key pair; the server has nothing to say meanwhile but END_SESSION and RETRY_LATER',
  certificate: 'STORE_CERTIFICATE_REQUEST for the key just made',
} as const

export type Moment = keyof typeof MOMENTS

/** A message of the phone; the session adds the session id. */
export type Reply = { [N in MessageName]: Omit<MessageOf<N>, 'sessionId'> }[MessageName]

/** Something went wrong; the session may go on until the server ends it, but it will not be called a success. */
export type Trouble = { code: PhoneErrorCode; detail?: string }

/** What to do about a message. Nothing here was done yet: that is the session's part. */
export type Decision = {
  reply?: Reply
  trouble?: Trouble
  /** Start making this key. */
  makeKey?: KeySpec
  /** Keep this as the LSC, once the reply is written. */
  install?: Credential
  /** Forget the LSC, once the reply is written. */
  remove?: true
  /** The session is over; with `trouble`, or the one from before, as a failure. */
  over?: { reason?: number; retryAfterSeconds?: number }
}

/** What a decision may depend on besides the message. */
export type Situation = {
  readonly device: Device
  readonly moment: Moment
  /** The key that was made in this session. */
  readonly key: MadeKey | undefined
  /** The time by the clock of the phone, ms since 1970, where it looks at it before it takes a certificate. */
  readonly clockMs?: number | undefined
}

/** One row of the table of decisions. */
export type Rule<N extends MessageName = never> = {
  readonly during: readonly Moment[]
  /** What the server wants, as far as this message tells. */
  readonly operation?: Operation
  /** The phase while the phone works on it; without it the phase before goes on. */
  readonly handling?: Phase
  /** The phase once the answer is sent. */
  readonly waiting: Phase
  readonly next: Moment
  readonly decide: (situation: Situation, message: MessageOf<N>) => Decision
}

/** A rule for whatever message it was looked up with. */
export type AnyRule = Omit<Rule, 'decide'> & { readonly decide: (situation: Situation, message: Message) => Decision }
