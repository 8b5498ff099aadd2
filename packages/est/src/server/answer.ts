import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { libestError } from '../libest-errors.ts'
import { encodeBase64 } from '../wire/base64.ts'
import { MEDIA_TYPES, type OperationName } from '../wire/operations.ts'
import { layoutFor, type Profile } from './profiles.ts'
import { type Refused, refusal } from './refusals.ts'

/** What is sent. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
}

/** For clients that decode nothing without it; others ignore it (RFC 8951 §3.1). */
export const ENCODED = { 'content-transfer-encoding': 'base64' } as const

/** Bytes of this type, as this client wants them. */
export const encoded = (
  bytes: Buffer,
  { type, profile, request }: { type: string; profile: Profile; request: IncomingMessage },
): Answer => ({
  status: 200,
  headers: { 'content-type': type, ...ENCODED },
  body: encodeBase64(bytes, layoutFor(profile, request.headers['user-agent'])),
})

/** The Content-Type of a certs-only answer. */
export const certsOnlyType = (operation: OperationName, profile: Profile): string =>
  operation === 'cacerts' && profile.bareCaCerts ? (MEDIA_TYPES.certsOnly.split(';', 1)[0] ?? '') : MEDIA_TYPES.certsOnly

export const refusalStatus = (why: Refused['why'], profile: Profile): number => {
  const { status, libestStatus } = refusal(why)
  return profile.statuses === 'libest' ? (libestStatus ?? status) : status
}

/** Statuses whose answer has no body: real clients do not survive one [EST-2.3]. */
const BODILESS: readonly number[] = [202, 204, 401]

/** A refusal in words: `Error 400: Bad Request`, the phrase, and what is wrong with this very request. */
export const refused = (error: Refused, profile: Profile): Answer => {
  const status = refusalStatus(error.why, profile)
  if (BODILESS.includes(status)) return { status, headers: error.headers, body: '' }
  const page = `Error ${status}: ${STATUS_CODES[status]}\n${error.message}\n`
  return { status, headers: { 'content-type': 'text/plain', ...error.headers }, body: page }
}

/**
 * Headers and body in one write, with their length, never in chunks: no client of this field reads those [EST-2.2]. Few headers,
 * because strongSwan looks for all of them in the first 1024 bytes.
 */
export const send = (response: ServerResponse, { answer, profile }: { answer: Answer; profile: Profile }): void => {
  const { status, headers, body } = answer
  response.sendDate = false
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  const statusHeader = profile.statusHeader ? { status: `${status} ${STATUS_CODES[status]}` } : {}
  response.writeHead(status, { ...statusHeader, ...headers, ...length } as Record<string, string>)
  response.end(body)
}

/** What libest calls a refusal. */
export const libestOf = (error: Refused) => libestError(refusal(error.why).libest)
