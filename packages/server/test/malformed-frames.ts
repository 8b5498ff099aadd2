import { publicKey } from './certificates.ts'
import { authElements, element, frame, type RawElement } from './raw-frames.ts'

/** One row of bad input: what is sent, where in the session, and what must come of it. */
export type Bad = {
  what: string
  at: 'auth' | 'key' | 'store'
  /** One TLS record each. */
  send(session: { sessionId: number; deviceName: string }): Buffer | readonly Buffer[]
  detail: RegExp
  offset?: number
  /** Status of the row afterwards; by default that of a phone that could not be talked to, where it is known already. */
  status?: number
  /** The summary knows whom it is about, though the phone was not let in. */
  named?: true
}

export const STATES = { auth: 'AWAIT_AUTH_RESP', key: 'AWAIT_KEY_GEN_RESP', store: 'AWAIT_STORE_CERT_RESP' } as const
const KEY_FAILED = 14

const RSA_KEY = publicKey({ type: 'rsa', bits: 2048 })
/** The bare PKCS#1 key in that SubjectPublicKeyInfo. */
const PKCS1_KEY = RSA_KEY.subarray(RSA_KEY.length - 270)
const KEY_RESPONSE = 4
const STORE_RESPONSE = 10

/** An AUTH_RESPONSE with these elements after the two that it needs. */
const auth = (what: string, extra: readonly RawElement[], rest: Pick<Bad, 'detail' | 'offset'>): Bad => ({
  what,
  at: 'auth',
  send: ({ sessionId, deviceName }) => frame({ sessionId, elements: [...authElements(deviceName), ...extra] }),
  ...rest,
})

/** An AUTH_RESPONSE with just these elements. */
const only = (
  what: string,
  elements: (deviceName: string) => RawElement[],
  rest: Pick<Bad, 'detail' | 'offset' | 'named'>,
): Bad => ({
  what,
  at: 'auth',
  send: ({ sessionId, deviceName }) => frame({ sessionId, elements: elements(deviceName) }),
  ...rest,
})

/** A KEY_GENERATE_RESPONSE that is well-formed and no good. */
const badKey = (what: string, elements: readonly RawElement[], detail: RegExp): Bad => ({
  what,
  at: 'key',
  send: ({ sessionId }) => frame({ sessionId, command: KEY_RESPONSE, elements }),
  detail,
  status: KEY_FAILED,
})

/** The same wrong frame at every step. */
const everywhere = (bad: Omit<Bad, 'at'>): Bad[] => (['auth', 'key', 'store'] as const).map(at => ({ ...bad, at }))

const NAME_OFFSET = 8 + 4

/** What is malformed, at the steps of a session where it can come. */
export const BAD: readonly Bad[] = [
  ...everywhere({
    what: 'wrong magic',
    send: ({ sessionId }) => frame({ sessionId, magic: 0x56 }),
    detail: /CODEC_BAD_MAGIC/,
    offset: 0,
  }),
  ...everywhere({ what: 'wrong magic, one byte', send: () => Buffer.of(0), detail: /CODEC_BAD_MAGIC/, offset: 0 }),
  ...everywhere({
    what: 'wrong session id',
    send: ({ sessionId }) => frame({ sessionId: (sessionId ^ 1) >>> 0, command: 17 }),
    detail: /REQUEST_IN_PROGRESS carries session id \d+, not \d+/,
    offset: 2,
  }),
  ...everywhere({
    what: 'unknown command 24',
    send: ({ sessionId }) => frame({ sessionId, command: 24 }),
    detail: /CODEC_UNKNOWN_COMMAND/,
    offset: 1,
  }),
  ...everywhere({
    what: 'unknown command 0',
    send: ({ sessionId }) => frame({ sessionId, command: 0 }),
    detail: /CODEC_UNKNOWN_COMMAND/,
    offset: 1,
  }),
  ...everywhere({
    what: 'a message that only a server sends',
    send: ({ sessionId }) => frame({ sessionId, command: 13 }),
    detail: /DELETE_CERTIFICATE_REQUEST is not a message that a phone sends/,
    offset: 1,
  }),
  ...everywhere({
    what: 'a message whose payload nobody knows',
    send: ({ sessionId }) => frame({ sessionId, command: 19 }),
    detail: /STATUS_RESPONSE is not a message that a phone sends/,
    offset: 1,
  }),
  ...everywhere({
    what: 'an answer to another question',
    send: ({ sessionId }) => frame({ sessionId, command: 14, elements: [[1, Buffer.of(1)]] }),
    detail: /DELETE_CERTIFICATE_RESPONSE has no place in AWAIT_/,
    offset: 1,
  }),
  {
    what: 'a second AUTH_RESPONSE',
    at: 'key',
    send: ({ sessionId, deviceName }) => frame({ sessionId, elements: authElements(deviceName) }),
    detail: /AUTH_RESPONSE has no place in AWAIT_KEY_GEN_RESP/,
    offset: 1,
  },
  ...everywhere({
    what: 'a frame that is announced longer than any of ours',
    send: ({ sessionId }) => frame({ sessionId, length: 65_535, body: Buffer.alloc(100) }),
    detail: /CODEC_FRAME_TOO_LONG/,
    offset: 6,
  }),
  ...everywhere({
    what: 'a length that ends inside an element',
    send: ({ sessionId, deviceName }) => frame({ sessionId, elements: authElements(deviceName), length: 6 }),
    detail: /CODEC_TRUNCATED/,
    offset: 12,
  }),

  only('no DEVICE_NAME', () => [[7, Buffer.of(3)]], { detail: /AUTH_RESPONSE\.DEVICE_NAME.*CODEC_MISSING_ELEMENT/, offset: 12 }),
  only('no VERSION', name => [[13, `${name}\0`]], { detail: /AUTH_RESPONSE\.VERSION.*CODEC_MISSING_ELEMENT/, offset: 27 }),
  only('version 4', name => authElements(name, 4), { detail: /version 4 is not spoken here/, named: true }),
  only('version 1', name => authElements(name, 1), { detail: /version 1 is not spoken here/, named: true }),
  only('nothing at all', () => [], { detail: /CODEC_MISSING_ELEMENT/, offset: 8 }),
  only(
    'a name that is not UTF-8',
    () => [
      [7, Buffer.of(3)],
      [13, Buffer.of(0x53, 0xff, 0)],
    ],
    {
      detail: /CODEC_BAD_TEXT/,
      offset: NAME_OFFSET + 3,
    },
  ),
  only(
    'a name without NUL',
    name => [
      [7, Buffer.of(3)],
      [13, name],
    ],
    { detail: /CODEC_BAD_TEXT/, offset: NAME_OFFSET + 3 },
  ),
  only(
    'a name with a NUL inside',
    name => [
      [7, Buffer.of(3)],
      [13, `${name}\0A\0`],
    ],
    { detail: /CODEC_BAD_TEXT/, offset: 15 },
  ),
  only('an empty name', () => authElements(''), { detail: /this is not a device name/ }),
  only("a name of another language: SQL's", () => authElements("x' OR '1'='1"), { detail: /this is not a device name/ }),
  only('a name with a line end', () => authElements('SEP1\nSEP2'), { detail: /this is not a device name/ }),
  only('a name of 129 letters', () => authElements('A'.repeat(129)), { detail: /this is not a device name/ }),
  only('two names', name => [...authElements(name), [13, 'SEPOTHER\0']], { detail: /CODEC_DUPLICATE_ELEMENT/, offset: 31 }),
  auth('REASON of no length', [[1, '']], { detail: /AUTH_RESPONSE\.REASON.*CODEC_BAD_LENGTH/, offset: 34 }),
  auth('REASON of two bytes', [[1, Buffer.of(0, 1)]], { detail: /CODEC_BAD_LENGTH/, offset: 34 }),
  auth('a CERTIFICATE of three bytes', [[4, Buffer.of(1, 0, 0)]], { detail: /CODEC_TRUNCATED/, offset: 34 }),
  auth('a CERTIFICATE whose length lies', [[4, Buffer.of(1, 0, 9, 0, 1, 0x30)]], { detail: /CODEC_BAD_LENGTH/, offset: 35 }),
  auth('SUDI_DATA without a certificate', [[16, '']], { detail: /SUDI_DATA.*CODEC_MISSING_ELEMENT/, offset: 34 }),
  {
    what: 'an element that is longer than its frame',
    at: 'auth',
    send: ({ sessionId, deviceName }) =>
      frame({
        sessionId,
        body: Buffer.concat([element([7, Buffer.of(3)]), Buffer.of(13, 1, 244), Buffer.from(`${deviceName}\0`)]),
      }),
    detail: /CODEC_TRUNCATED/,
    offset: 13,
  },
  {
    what: 'half an element header',
    at: 'auth',
    send: ({ sessionId, deviceName }) =>
      frame({ sessionId, body: Buffer.concat([...authElements(deviceName).map(element), Buffer.of(1, 0)]) }),
    detail: /CODEC_TRUNCATED/,
    offset: 31,
  },

  badKey('garbage for a key', [[9, 'no key at all']], /PKI_BAD_PUBLIC_KEY/),
  badKey('a PKCS#1 key', [[9, PKCS1_KEY]], /PKI_BAD_PUBLIC_KEY/),
  badKey('an empty key', [[9, '']], /PKI_BAD_PUBLIC_KEY/),
  badKey('a key with bytes after it', [[9, Buffer.concat([RSA_KEY, Buffer.of(0)])]], /PKI_BAD_PUBLIC_KEY/),
  badKey(
    'RSA-1024 where RSA-2048 was asked for',
    [[9, publicKey({ type: 'rsa', bits: 1024 })]],
    /asked for rsa:2048, got rsa:1024/,
  ),
  badKey(
    'RSA-4096 where RSA-2048 was asked for',
    [[9, publicKey({ type: 'rsa', bits: 4096 })]],
    /asked for rsa:2048, got rsa:4096/,
  ),
  badKey('EC where RSA was asked for', [[9, publicKey({ type: 'ec', curve: 'secp256r1' })]], /asked for rsa:2048, got ec:p256/),
  badKey('nothing instead of a key', [], /the phone made no key/),
  badKey('a REASON instead of a key', [[1, Buffer.of(7)]], /the phone made no key, REASON 7/),

  {
    what: 'no REASON after the certificate',
    at: 'store',
    send: ({ sessionId }) => frame({ sessionId, command: STORE_RESPONSE }),
    detail: /STORE_CERTIFICATE_RESPONSE\.REASON.*CODEC_MISSING_ELEMENT/,
    offset: 8,
  },
  {
    what: 'the certificate was not stored',
    at: 'store',
    send: ({ sessionId }) => frame({ sessionId, command: STORE_RESPONSE, elements: [[1, Buffer.of(7)]] }),
    detail: /the phone answered REASON 7/,
    status: 6,
  },
  {
    what: 'a REASON that nobody has heard of',
    at: 'store',
    send: ({ sessionId }) => frame({ sessionId, command: STORE_RESPONSE, elements: [[1, Buffer.of(200)]] }),
    detail: /the phone answered REASON 200/,
    status: 6,
  },
]
