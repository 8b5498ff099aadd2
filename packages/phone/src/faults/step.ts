import { MESSAGE_NAMES, MESSAGES, type MessageName } from '@capfkit/codec/capf'

const layouts: Readonly<Record<MessageName, { from: string; payload?: string }>> = MESSAGES
const isKnown = (name: MessageName) => layouts[name].payload === undefined

/** A point of a session at which something can be done: the connection is there, TLS is, or a message passes. */
export type Step = 'connected' | 'secured' | MessageName

/** In the order of a session; a message of the server is a step when it has come, one of the phone when it is to leave. */
export const STEPS: readonly Step[] = ['connected', 'secured', ...MESSAGE_NAMES.filter(isKnown)]

/** What a phone answers with, which another message can take the place of. */
export const ANSWERS: readonly MessageName[] = MESSAGE_NAMES.filter(
  name => isKnown(name) && layouts[name].from === 'client' && name !== 'REQUEST_IN_PROGRESS',
)

/** After these a server of ours writes down that the order is done and listens no longer. */
export const LAST_ANSWERS: readonly Step[] = [
  'STORE_CERTIFICATE_RESPONSE',
  'FETCH_CERTIFICATE_RESPONSE',
  'DELETE_CERTIFICATE_RESPONSE',
]
