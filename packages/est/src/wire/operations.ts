/** One operation of EST (RFC 7030 §3.2.2). `body` is what a request carries, `answer` what a 200 does. */
export type Operation = {
  readonly method: 'GET' | 'POST'
  readonly body?: string
  readonly answer: string
  /** A server need not have it. */
  readonly optional?: true
  /** Whoever asks must prove who they are (RFC 7030 §4.1, §4.5: the others are for everybody). */
  readonly authenticated?: true
}

/** The media types of EST, as they are sent; what is received is compared by type and subtype alone. */
export const MEDIA_TYPES = {
  pkcs10: 'application/pkcs10',
  certsOnly: 'application/pkcs7-mime; smime-type=certs-only',
  cmcRequest: 'application/pkcs7-mime; smime-type=CMC-request',
  cmcResponse: 'application/pkcs7-mime; smime-type=CMC-response',
  csrAttrs: 'application/csrattrs',
  multipart: 'multipart/mixed',
  pkcs8: 'application/pkcs8',
} as const

/** Every operation by its name in the path. Client, server, log and docs walk this table [EST-1.2]. */
export const OPERATIONS = {
  cacerts: { method: 'GET', answer: MEDIA_TYPES.certsOnly },
  csrattrs: { method: 'GET', answer: MEDIA_TYPES.csrAttrs, optional: true },
  simpleenroll: { method: 'POST', body: MEDIA_TYPES.pkcs10, answer: MEDIA_TYPES.certsOnly, authenticated: true },
  simplereenroll: { method: 'POST', body: MEDIA_TYPES.pkcs10, answer: MEDIA_TYPES.certsOnly, authenticated: true },
  serverkeygen: { method: 'POST', body: MEDIA_TYPES.pkcs10, answer: MEDIA_TYPES.multipart, optional: true, authenticated: true },
  fullcmc: { method: 'POST', body: MEDIA_TYPES.cmcRequest, answer: MEDIA_TYPES.cmcResponse, optional: true, authenticated: true },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

export const operation = (name: OperationName): Operation => OPERATIONS[name]

export const isOperation = (word: string): word is OperationName => Object.hasOwn(OPERATIONS, word)
