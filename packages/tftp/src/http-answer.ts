import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { extname } from 'node:path'
import { type SourceFile, safeFileName } from './file-source.ts'
import type { Outcome } from './served.ts'

/** What is answered. `body` is left out for HEAD by who writes it. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  readonly outcome: Outcome
}

/** Everything that is not a file: status, words, and how it is counted. */
export const HTTP_REFUSALS = {
  badPath: { status: 400, words: 'this is no path of a file', outcome: 'refused' },
  notFound: { status: 404, words: 'there is no such file', outcome: 'not-found' },
  method: {
    status: 405,
    words: 'only GET and HEAD are answered',
    outcome: 'refused',
    headers: { allow: 'GET, HEAD', connection: 'close' },
  },
  failed: { status: 500, words: 'the file cannot be given now', outcome: 'failed' },
  slow: { status: 503, words: 'the file is not there yet', outcome: 'failed', headers: { 'retry-after': '5' } },
} as const satisfies Record<string, { status: number; words: string; outcome: Outcome; headers?: OutgoingHttpHeaders }>

const TYPES: Readonly<Record<string, string>> = { '.xml': 'text/xml; charset=utf-8' }
const ANY_TYPE = 'application/octet-stream'

export const refusal = (why: keyof typeof HTTP_REFUSALS): HttpAnswer => {
  const { status, words, outcome, headers }: (typeof HTTP_REFUSALS)[typeof why] & { headers?: OutgoingHttpHeaders } =
    HTTP_REFUSALS[why]
  const body = Buffer.from(`${words}\n`)
  return { status, headers: { ...headers, 'content-type': 'text/plain', 'content-length': body.length }, body, outcome }
}

/** The file that a request is for; `undefined` where its path cannot be one. */
export const askedFile = (url: string): string | undefined => {
  const path = url.split('?', 1)[0]!
  if (!path.startsWith('/')) return undefined
  try {
    return safeFileName(decodeURIComponent(path))
  } catch {
    return undefined
  }
}

const opaque = (tag: string) => tag.trim().replace(/^W\//, '')

/** RFC 9110 section 13.1.2 and 13.1.3: the date counts only where there is no list of tags. */
const isKnown = ({ headers }: IncomingMessage, { etag, lastModified }: SourceFile): boolean => {
  const tags = headers['if-none-match']
  if (tags !== undefined) return tags.trim() === '*' || tags.split(',').some(tag => opaque(tag) === `"${etag}"`)
  const since = Date.parse(headers['if-modified-since'] ?? '')
  // The header has whole seconds.
  return lastModified !== undefined && Math.floor(lastModified.getTime() / 1000) * 1000 <= since
}

/** The file, or 304 where the client has it already. */
export const fileAnswer = (request: IncomingMessage, { name, file }: { name: string; file: SourceFile }): HttpAnswer => {
  const { bytes, etag, lastModified } = file
  const headers = {
    etag: `"${etag}"`,
    'content-length': bytes.length,
    'content-type': TYPES[extname(name).toLowerCase()] ?? ANY_TYPE,
    ...(lastModified ? { 'last-modified': lastModified.toUTCString() } : {}),
  }
  if (isKnown(request, file)) return { status: 304, headers, body: Buffer.alloc(0), outcome: 'unchanged' }
  return { status: 200, headers, body: bytes, outcome: 'sent' }
}
