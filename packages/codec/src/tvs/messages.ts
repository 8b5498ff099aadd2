import type { Layout, MessageIn } from '../frame/protocol.ts'
import type { ELEMENTS, ElementName } from './elements.ts'

export type MessageLayout = Layout<ElementName>

/** Every TVS message [TVS-2.1], [TVS-3]. Reader, writer, fuzzer, docs and `capf decode` walk this table. */
export const MESSAGES = {
  VERIFY_REQUEST: { command: 1, from: 'client', required: ['CERTIFICATE'], optional: ['DEVICE_NAME'] },
  VERIFY_RESPONSE: { command: 2, from: 'server', required: ['STATUS'], optional: ['ROLES', 'TTL'] },
  // What a query must name is not known: the elements are, and what they would be good for.
  QUERY_REQUEST: {
    command: 3,
    from: 'client',
    required: [],
    optional: ['DEVICE_NAME', 'SUBJECT', 'ISSUER', 'SERIAL'],
    payload: 'inferred',
  },
  QUERY_RESPONSE: {
    command: 4,
    from: 'server',
    required: ['STATUS'],
    optional: ['CERTIFICATE', 'ROLES', 'TTL'],
    payload: 'inferred',
  },
} as const satisfies Record<string, MessageLayout>

export type MessageName = keyof typeof MESSAGES
export const MESSAGE_NAMES = Object.keys(MESSAGES) as readonly MessageName[]

/** One decoded message by its name, e.g. `MessageOf<'VERIFY_RESPONSE'>` = `{ name, sessionId, status, roles?, ttlSeconds? }`. */
export type MessageOf<N extends MessageName> = MessageIn<typeof MESSAGES, typeof ELEMENTS, N>

/** A decoded message, e.g. `{ name: 'VERIFY_RESPONSE', sessionId: 7, status: 0, roles: [4], ttlSeconds: 86400 }`. */
export type Message = MessageOf<MessageName>
