import { REASON } from '@capfkit/codec/capf'
import type { OpStatus } from './status.ts'

/** What the session does when it takes a transition; `session.ts` has one function for each. */
export type Action =
  | 'sendAuthRequest'
  | 'checkDevice'
  | 'sendKeyGenerateRequest'
  | 'sendSignRequest'
  | 'keepWaiting'
  | 'requestCertificate'
  | 'sendStoreRequest'
  | 'sendFetchRequest'
  | 'sendDeleteRequest'
  | 'recordOutcome'
  | 'endSession'
  | 'askToComeAgain'
  | 'release'
  | 'nothing'

/** One transition: the next state, what to do, and how the operation and the session end where they do. */
export type Step = {
  readonly to: string
  readonly do: Action
  /** Recorded with the device; an event that brings its own status overrides it. */
  readonly status?: OpStatus
  /** REASON of the END_SESSION that follows. */
  readonly reason?: number
  /** The device's order is done with: its operation goes back to none. */
  readonly fulfils?: true
  /** The phone does not take the certificate of its request: the next session begins with another key. */
  readonly supersedes?: true
}

const { NO_ACTION, DONE, REFUSED, UNKNOWN_DEVICE } = REASON

const failure = (status: OpStatus) => ({ to: 'AWAIT_DB_RESP', do: 'recordOutcome', status, reason: REFUSED }) as const
/** The order stays as it is; the certificate comes later. */
const waits = { to: 'AWAIT_DB_RESP', do: 'recordOutcome', status: 'CAPF_OP_WAITING', reason: NO_ACTION } as const
const phoneLost = failure('CAPF_OP_FAIL_PHONE_COMM_ERROR')
/** Key generation, delete and troubleshoot have a status for that [CAPF-7.2]; of an install that waits for an answer the phone is lost. */
const tookTooLong = failure('CAPF_OP_FAIL_OP_TIMED_OUT')

/** Before the device is known there is nobody to write a status for. */
const UNKNOWN = {
  TIMEOUT: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
  HANG_UP: { to: 'CLOSED', do: 'release' },
  PROTOCOL_ERROR: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
  STOP: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
} as const

/** The phone is expected to answer; whatever else happens, its order stays and it may come again [CAPF-3.4]. */
const WAITING = {
  TIMEOUT: phoneLost,
  HANG_UP: phoneLost,
  PROTOCOL_ERROR: phoneLost,
  STOP: phoneLost,
} as const

/**
 * The whole session as data [CAPF-5.1]. States and events are named as in the product's trace: `AWAIT_CA_CERT_RESP` there is
 * `CAPF_STATE_AWAIT_CA_CERT_RESP`, `CA_CERT_REP` is `CAPF_EV_CA_CERT_REP`. These two are the public ones; the others follow
 * their pattern and are *ours*.
 */
export const TRANSITIONS = {
  IDLE: {
    ...UNKNOWN,
    PHONE_CONNECTED: { to: 'AWAIT_AUTH_RESP', do: 'sendAuthRequest' },
  },
  AWAIT_AUTH_RESP: {
    ...UNKNOWN,
    AUTH_RESP: { to: 'AWAIT_DEVICE_RESP', do: 'checkDevice' },
  },
  AWAIT_DEVICE_RESP: {
    ...UNKNOWN,
    DEVICE_INSTALL: { to: 'AWAIT_KEY_GEN_RESP', do: 'sendKeyGenerateRequest' },
    // An earlier session has left a request: its certificate is here, or still to come [CAPF-3.8].
    DEVICE_STORE: { to: 'AWAIT_STORE_CERT_RESP', do: 'sendStoreRequest' },
    DEVICE_WAIT: waits,
    DEVICE_DELETE: { to: 'AWAIT_DELETE_CERT_RESP', do: 'sendDeleteRequest' },
    DEVICE_TROUBLESHOOT: { to: 'AWAIT_FETCH_CERT_RESP', do: 'sendFetchRequest' },
    DEVICE_IDLE: { to: 'CLOSED', do: 'endSession', reason: NO_ACTION },
    DEVICE_UNKNOWN: { to: 'CLOSED', do: 'endSession', reason: UNKNOWN_DEVICE },
    DEVICE_BUSY: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
    DEVICE_REFUSED: { to: 'AWAIT_DB_RESP', do: 'recordOutcome', reason: REFUSED },
    // The store is away, and the phone can be asked to come again: ours [CAPF-3.6].
    DB_AWAY: { to: 'CLOSED', do: 'askToComeAgain', reason: REFUSED },
    DB_FAILED: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
  },
  AWAIT_KEY_GEN_RESP: {
    ...WAITING,
    TIMEOUT: tookTooLong,
    KEY_GEN_IN_PROGRESS: { to: 'AWAIT_KEY_GEN_RESP', do: 'keepWaiting' },
    KEY_GEN_RESP: { to: 'AWAIT_CA_CERT_RESP', do: 'requestCertificate' },
    // The CA wants a request, and the phone offered to sign it [CAPF-3.7].
    KEY_GEN_OFFER: { to: 'AWAIT_SIGN_CERT_RESP', do: 'sendSignRequest' },
    KEY_GEN_FAIL: failure('CAPF_OP_FAIL_OP_TIMED_OUT'),
  },
  AWAIT_SIGN_CERT_RESP: {
    ...WAITING,
    SIGN_CERT_RESP: { to: 'AWAIT_CA_CERT_RESP', do: 'requestCertificate' },
    SIGN_CERT_FAIL: failure('CAPF_OP_FAIL_INVALID_CREDENTIALS'),
  },
  AWAIT_CA_CERT_RESP: {
    ...WAITING,
    TIMEOUT: failure('CAPF_OP_FAIL_CA_COMM_ERROR'),
    CA_CERT_REP: { to: 'AWAIT_STORE_CERT_RESP', do: 'sendStoreRequest' },
    CA_CERT_REJECT: failure('CAPF_OP_FAIL_CA_REJECT'),
    CA_CERT_WAIT: waits,
  },
  AWAIT_STORE_CERT_RESP: {
    ...WAITING,
    STORE_CERT_RESP: { to: 'AWAIT_DB_RESP', do: 'recordOutcome', status: 'CAPF_OP_SUCCESS', reason: DONE, fulfils: true },
    STORE_CERT_FAIL: { ...failure('CAPF_OP_FAIL'), supersedes: true },
  },
  AWAIT_FETCH_CERT_RESP: {
    ...WAITING,
    TIMEOUT: tookTooLong,
    FETCH_CERT_RESP: { to: 'AWAIT_DB_RESP', do: 'recordOutcome', status: 'CAPF_OP_SUCCESS', reason: NO_ACTION, fulfils: true },
    FETCH_CERT_MORE: { to: 'AWAIT_FETCH_CERT_RESP', do: 'sendFetchRequest' },
    FETCH_CERT_NONE: {
      to: 'AWAIT_DB_RESP',
      do: 'recordOutcome',
      status: 'CAPF_FETCH_SUCCESS_BUT_NO_CERT',
      reason: NO_ACTION,
      fulfils: true,
    },
    FETCH_CERT_FAIL: failure('CAPF_OP_FAIL_INVALID_LSC'),
  },
  AWAIT_DELETE_CERT_RESP: {
    ...WAITING,
    TIMEOUT: tookTooLong,
    DELETE_CERT_RESP: { to: 'AWAIT_DB_RESP', do: 'recordOutcome', status: 'CAPF_OP_SUCCESS', reason: DONE, fulfils: true },
    DELETE_CERT_FAIL: failure('CAPF_OP_FAIL'),
  },
  // The outcome is being written; the phone is told only when it is [CAPF-3.4].
  AWAIT_DB_RESP: {
    DB_UPDATED: { to: 'CLOSED', do: 'endSession' },
    DB_FAILED: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
    TIMEOUT: { to: 'CLOSED', do: 'endSession', reason: REFUSED },
    HANG_UP: { to: 'AWAIT_DB_RESP', do: 'nothing' },
    PROTOCOL_ERROR: { to: 'AWAIT_DB_RESP', do: 'nothing' },
    STOP: { to: 'AWAIT_DB_RESP', do: 'nothing' },
  },
  CLOSED: {},
} as const satisfies Record<string, Record<string, Step>>

export type State = keyof typeof TRANSITIONS
type EventsOf<S> = S extends State ? keyof (typeof TRANSITIONS)[S] : never
/** Everything that can happen to a session. */
export type EventName = EventsOf<State>
/** An event, with what it brings for the status of the operation. */
export type SessionEvent = { name: EventName; status?: OpStatus }

/** Does this state have a transition for the event? */
export const takes = (state: State, event: EventName): boolean => Object.hasOwn(TRANSITIONS[state], event)

/** A transition that was taken. */
export type Taken = Omit<Step, 'to'> & { to: State }

/**
 * Where a session goes from here. Pure: no clock, no socket, no store.
 *
 * An event that has no place in a state is a PROTOCOL_ERROR; CLOSED takes nothing and returns `undefined`.
 */
export const step = (state: State, event: SessionEvent): Taken | undefined => {
  const row: Partial<Record<EventName, Step>> = TRANSITIONS[state]
  const taken = row[event.name] ?? row.PROTOCOL_ERROR
  if (!taken) return undefined
  return { ...taken, to: taken.to as State, ...(event.status === undefined ? {} : { status: event.status }) }
}
