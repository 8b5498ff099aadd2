import { PkiError, parseCertificate, parseCertsOnly } from '@capfkit/pki'
import { EstError, type EstErrorCode, quoted } from '../errors.ts'
import { decodeBase64 } from '../wire/base64.ts'
import { isMediaType } from '../wire/media-type.ts'
import { parseRetryAfter } from '../wire/retry-after.ts'
import type { Answer } from './exchange.ts'

/** What a status other than 200 means. */
const STATUS_ERRORS: Readonly<Record<number, EstErrorCode>> = {
  202: 'EST_PENDING',
  400: 'EST_BAD_REQUEST',
  401: 'EST_AUTH_FAILED',
  403: 'EST_REFUSED',
  404: 'EST_NOT_FOUND',
  405: 'EST_BAD_REQUEST',
  411: 'EST_BAD_REQUEST',
  413: 'EST_REQUEST_TOO_LARGE',
  415: 'EST_BAD_REQUEST',
  423: 'EST_LOCKED',
  429: 'EST_RATE_LIMITED',
}

/** The first words of an error page, for people: without a type it must be text (RFC 7030 §4.2.3). */
const wordsOf = ({ headers, body, reason, status }: Answer): string => {
  const isText = body.length > 0 && (headers['content-type'] === undefined || isMediaType(headers['content-type'], 'text/plain'))
  const words = isText ? quoted(body.toString('utf8')) : ''
  return `${status} ${words === '' ? quoted(reason) : words}`.trim()
}

/** The error that an answer means. `now` is what a date in Retry-After is compared with. */
export const refusalOf = (answer: Answer, { where, now }: { where: string; now: Date }): EstError => {
  const { status, headers } = answer
  const code = STATUS_ERRORS[status] ?? (status >= 500 ? 'EST_SERVER_FAILED' : 'EST_UNEXPECTED_STATUS')
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now)
  return new EstError(code, { where, status, detail: wordsOf(answer), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** The bytes of an answer of this type. @throws {EstError} `EST_BAD_CONTENT_TYPE`, `EST_BAD_BASE64` */
export const bytesOf = ({ headers, body, status }: Answer, { type, where }: { type: string; where: string }): Buffer => {
  const found = headers['content-type']
  if (!isMediaType(found, type))
    throw new EstError('EST_BAD_CONTENT_TYPE', { where, status, detail: found === undefined ? 'no Content-Type' : quoted(found) })
  return decodedBytes(body, { where, status })
}

/** @throws {EstError} `EST_BAD_BASE64` */
export const decodedBytes = (body: Buffer, { where, status }: { where: string; status: number }): Buffer => {
  const bytes = decodeBase64(body)
  if (!bytes) throw new EstError('EST_BAD_BASE64', { where, status, detail: `${body.length} bytes` })
  return bytes
}

/** The certificates of a certs-only answer, each one readable. @throws {EstError} `EST_NO_CERTIFICATE`, `EST_BAD_ANSWER` */
export const certificatesIn = (pkcs7: Buffer, { where }: { where: string }): Buffer[] => {
  try {
    const certificates = parseCertsOnly(pkcs7)
    for (const der of certificates) parseCertificate(der)
    return certificates
  } catch (cause) {
    const isEmpty = cause instanceof PkiError && cause.code === 'PKI_BAD_PKCS7' && cause.cause === undefined
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new EstError(isEmpty ? 'EST_NO_CERTIFICATE' : 'EST_BAD_ANSWER', { where, detail, cause })
  }
}

/**
 * The certificate for a key among those of an answer, and the others. They come in no order, so it is found by its key and not
 * by its place (RFC 7030 §4.2.3).
 *
 * @throws {EstError} `EST_WRONG_CERTIFICATE`
 */
export const certificateFor = (
  publicKeyDer: Buffer,
  { certificates, where }: { certificates: readonly Buffer[]; where: string },
): { certificateDer: Buffer; others: Buffer[] } => {
  const certificateDer = certificates.find(der => parseCertificate(der).publicKeyDer.equals(publicKeyDer))
  if (!certificateDer) {
    const detail = certificates.length === 1 ? 'one certificate came' : `${certificates.length} certificates came`
    throw new EstError('EST_WRONG_CERTIFICATE', { where, detail, certificates })
  }
  return { certificateDer, others: certificates.filter(der => der !== certificateDer) }
}
