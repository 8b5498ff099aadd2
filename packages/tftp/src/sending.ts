import { formatPacket, TFTP_ERROR_CODES } from '@capfkit/codec/tftp'
import type { Outcome } from './served.ts'

/** What the server does on the way into the next state. */
export type Action = 'sendFirst' | 'sendNext' | 'sendAgain' | 'ignore' | 'refuse' | 'end'

export type Step = {
  readonly to: 'AWAIT_FILE' | 'AWAIT_ACK' | 'CLOSED'
  readonly do: Action
  /** Where the transfer ends: how. */
  readonly outcome?: Outcome
  /** Of the ERROR packet, where one is sent. */
  readonly refusal?: Refusal
}

/** An ERROR packet: its code, and words where those of RFC 1350 say too little. */
export type Refusal = { readonly error: keyof typeof TFTP_ERROR_CODES; readonly words?: string }

export const formatRefusal = ({ error, words }: Refusal): Buffer => {
  const { number, text } = TFTP_ERROR_CODES[error]
  return formatPacket({ name: 'ERROR', errorCode: number, message: words ?? text })
}

/** What may happen in any state. */
const ANY = {
  CLIENT_ERROR: { to: 'CLOSED', do: 'end', outcome: 'client-error' },
  NONSENSE: { to: 'CLOSED', do: 'refuse', refusal: { error: 'illegalOperation' }, outcome: 'client-error' },
  BROKEN: { to: 'CLOSED', do: 'end', outcome: 'failed' },
  ABANDONED: { to: 'CLOSED', do: 'end', outcome: 'gave-up' },
  STOP: { to: 'CLOSED', do: 'refuse', refusal: { error: 'undefined', words: 'The server stops' }, outcome: 'stopped' },
} as const

/** One file to one client by TFTP: RFC 1350, with the options of RFC 2347. Tests and docs/protocol/files.md walk this table. */
export const SENDING = {
  AWAIT_FILE: {
    ...ANY,
    FILE: { to: 'AWAIT_ACK', do: 'sendFirst' },
    NOT_FOUND: { to: 'CLOSED', do: 'refuse', refusal: { error: 'fileNotFound' }, outcome: 'not-found' },
    BAD_NAME: { to: 'CLOSED', do: 'refuse', refusal: { error: 'accessViolation' }, outcome: 'refused' },
    BAD_MODE: { to: 'CLOSED', do: 'refuse', refusal: { error: 'illegalOperation' }, outcome: 'refused' },
    // What went wrong is the operator's business, not the client's.
    FAILED: {
      to: 'CLOSED',
      do: 'refuse',
      refusal: { error: 'undefined', words: 'The file cannot be given now' },
      outcome: 'failed',
    },
  },
  AWAIT_ACK: {
    ...ANY,
    ACK: { to: 'AWAIT_ACK', do: 'sendNext' },
    LAST_ACK: { to: 'CLOSED', do: 'end', outcome: 'sent' },
    // Sending again for an old one would double every packet after it: RFC 1123 section 4.2.3.1, the Sorcerer's Apprentice.
    OLD_ACK: { to: 'AWAIT_ACK', do: 'ignore' },
    SILENCE: { to: 'AWAIT_ACK', do: 'sendAgain' },
    TOO_LONG: { to: 'CLOSED', do: 'refuse', refusal: { error: 'undefined', words: 'No acknowledgement' }, outcome: 'gave-up' },
  },
  CLOSED: {},
} as const satisfies Record<Step['to'], Readonly<Record<string, Step>>>

export type State = keyof typeof SENDING
export type Event = { [S in State]: keyof (typeof SENDING)[S] }[State]

/** Where an event leads; `undefined` where it means nothing: what comes after the end. */
export const step = (state: State, event: Event): Step | undefined => (SENDING[state] as Readonly<Record<string, Step>>)[event]
