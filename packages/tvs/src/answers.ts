import { encode, type Message, type MessageOf, STATUS, withSessionId } from '@capfkit/codec/tvs'
import { type CertificateStore, isCurrent, type StoredCertificate } from './certificate-store.ts'

/** How a request was answered: what the log and the counters say of it. */
export const ANSWERS = {
  valid: 'the certificate is in the store and valid',
  unknown: 'no such certificate is in the store',
  expired: 'the certificate is in the store, and its dates do not hold now',
} as const

export type Answer = keyof typeof ANSWERS

/** What a TVS is asked. */
export type Request = MessageOf<'VERIFY_REQUEST'> | MessageOf<'QUERY_REQUEST'>
type Response = 'VERIFY_RESPONSE' | 'QUERY_RESPONSE'

const RESPONSES = { VERIFY_REQUEST: 'VERIFY_RESPONSE', QUERY_REQUEST: 'QUERY_RESPONSE' } as const

/** Whether a message is one that a TVS answers. */
export const isRequest = (message: Message): message is Request => Object.hasOwn(RESPONSES, message.name)

const refusal = (name: Response) => encode({ name, sessionId: 0, status: STATUS.INVALID })
const REFUSALS = { VERIFY_RESPONSE: refusal('VERIFY_RESPONSE'), QUERY_RESPONSE: refusal('QUERY_RESPONSE') }

/**
 * Answers requests from a store. Apart from its cache it has no state: an answer is encoded when it is first given, and copied
 * with another session id from then on.
 */
export class Answerer {
  readonly #store: CertificateStore
  readonly #ttlSeconds: number
  readonly #encoded = new Map<StoredCertificate, Partial<Record<Response, Buffer>>>()

  constructor(init: { store: CertificateStore; ttlSeconds: number }) {
    this.#store = init.store
    this.#ttlSeconds = init.ttlSeconds
  }

  /** The frame to send for a request at a time, ms since 1970 [TVS-3]. */
  answer(request: Request, atMs: number): { answer: Answer; frame: Buffer } {
    const { sessionId } = request
    const name = RESPONSES[request.name]
    const found = request.name === 'VERIFY_REQUEST' ? this.#store.find(request.certificateDer) : this.#store.query(request, atMs)
    if (!found || !isCurrent(found, atMs))
      return { answer: found ? 'expired' : 'unknown', frame: withSessionId(REFUSALS[name], sessionId) }
    return { answer: 'valid', frame: withSessionId(this.#valid(found, { name, atMs }), sessionId) }
  }

  #valid(found: StoredCertificate, { name, atMs }: { name: Response; atMs: number }): Buffer {
    const ttlSeconds = found.ttlSeconds ?? this.#ttlSeconds
    const leftSeconds = Math.floor((found.notAfterMs - atMs) / 1000)
    // A phone does not look at the dates of what it keeps.
    if (leftSeconds < ttlSeconds) return encodeValid(found, { name, ttlSeconds: leftSeconds })
    const encoded = this.#encoded.get(found) ?? {}
    this.#encoded.set(found, encoded)
    encoded[name] ??= encodeValid(found, { name, ttlSeconds })
    return encoded[name]
  }
}

const encodeValid = (
  { roles, certificateDer }: StoredCertificate,
  { name, ttlSeconds }: { name: Response; ttlSeconds: number },
) => {
  const values = { sessionId: 0, status: STATUS.VALID, roles, ttlSeconds }
  return encode(name === 'VERIFY_RESPONSE' ? { name, ...values } : { name, ...values, certificateDer })
}
