import type { Layout, MessageIn } from '../frame/protocol.ts'
import type { ELEMENTS, ElementName } from './elements.ts'

export type MessageLayout = Layout<ElementName>

/** Every CAPF message [CAPF-2.1], [CAPF-3]. Reader, writer, fuzzer, docs and `capf decode` walk this table. */
export const MESSAGES = {
  // A real CUCM leaves AUTH_TYPE out [CAPF-3.1].
  AUTH_REQUEST: { command: 1, from: 'server', required: ['VERSION'], optional: ['AUTH_TYPE'] },
  AUTH_RESPONSE: {
    command: 2,
    from: 'client',
    required: ['VERSION', 'DEVICE_NAME'],
    optional: ['REASON', 'REASON_INFO', 'CERTIFICATE', 'SIGNED_DATA', 'PASSWORD', 'SUDI_DATA', 'SHA2_SIGNED_DATA'],
  },
  // Version 2 clients get KEY_SIZE alone [CAPF-3.2]; EC has CURVE and no KEY_SIZE.
  KEY_GENERATE_REQUEST: { command: 3, from: 'server', required: [], optional: ['KEY_SIZE', 'KEY_TYPE', 'CURVE'] },
  // DIGEST_TYPE there is ours: the phone offers to sign a request with this key [CAPF-3.7].
  KEY_GENERATE_RESPONSE: {
    command: 4,
    from: 'client',
    required: [],
    optional: ['REASON', 'REASON_INFO', 'PUBLIC_KEY', 'DIGEST_TYPE'],
  },
  ENCRYPT_RESPONSE: { command: 5, from: 'client', required: [], optional: [], payload: 'unknown' },
  ENCRYPT_REQUEST: { command: 6, from: 'server', required: [], optional: [], payload: 'unknown' },
  DECRYPT_REQUEST: { command: 7, from: 'server', required: [], optional: [], payload: 'unknown' },
  DECRYPT_RESPONSE: { command: 8, from: 'client', required: [], optional: [], payload: 'unknown' },
  STORE_CERTIFICATE_REQUEST: { command: 9, from: 'server', required: ['CERTIFICATE'], optional: ['CERTIFICATE_TYPE'] },
  STORE_CERTIFICATE_RESPONSE: { command: 10, from: 'client', required: ['REASON'], optional: ['REASON_INFO'] },
  FETCH_CERTIFICATE_REQUEST: { command: 11, from: 'server', required: [], optional: ['CERTIFICATE_TYPE'] },
  FETCH_CERTIFICATE_RESPONSE: { command: 12, from: 'client', required: ['REASON'], optional: ['REASON_INFO', 'CERTIFICATE'] },
  DELETE_CERTIFICATE_REQUEST: { command: 13, from: 'server', required: [], optional: ['CERTIFICATE_TYPE'] },
  DELETE_CERTIFICATE_RESPONSE: { command: 14, from: 'client', required: ['REASON'], optional: ['REASON_INFO'] },
  END_SESSION: { command: 15, from: 'either', required: ['REASON'], optional: ['REASON_INFO'] },
  RETRY_LATER: { command: 16, from: 'server', required: ['RETRY_DELAY'], optional: [], payload: 'ours' },
  REQUEST_IN_PROGRESS: { command: 17, from: 'client', required: [], optional: [] },
  STATUS_REQUEST: { command: 18, from: 'server', required: [], optional: [], payload: 'unknown' },
  STATUS_RESPONSE: { command: 19, from: 'client', required: [], optional: [], payload: 'unknown' },
  ABORT_REQUEST: { command: 20, from: 'either', required: [], optional: [], payload: 'unknown' },
  ABORT_RESPONSE: { command: 21, from: 'either', required: [], optional: [], payload: 'unknown' },
  SIGN_CERTIFICATE_REQUEST: {
    command: 22,
    from: 'server',
    required: ['DIGEST_TYPE', 'SIGNED_DATA'],
    optional: [],
    payload: 'ours',
  },
  SIGN_CERTIFICATE_RESPONSE: { command: 23, from: 'client', required: ['SIGNED_DATA'], optional: [], payload: 'ours' },
} as const satisfies Record<string, MessageLayout>

export type MessageName = keyof typeof MESSAGES
export const MESSAGE_NAMES = Object.keys(MESSAGES) as readonly MessageName[]

/** One decoded message by its name, e.g. `MessageOf<'END_SESSION'>` = `{ name, sessionId, reason, reasonInfo? }`. */
export type MessageOf<N extends MessageName> = MessageIn<typeof MESSAGES, typeof ELEMENTS, N>

/** A decoded message, e.g. `{ name: 'KEY_GENERATE_REQUEST', sessionId: 7, keySizeBits: 2048 }`. Derived from the tables. */
export type Message = MessageOf<MessageName>
