import { parseMediaType } from './media-type.ts'

/** One part: its headers by name in lower case, and what follows the empty line. */
export type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer }

const MAX_PARTS = 8

const readPart = (text: string): Part | undefined => {
  const end = /\r?\n\r?\n/.exec(text)
  if (!end) return undefined
  const headers = new Map<string, string>()
  // A header may go on in a line that begins with white space.
  for (const line of text
    .slice(0, end.index)
    .replace(/\r?\n[\t ]+/g, ' ')
    .split(/\r?\n/)) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) headers.set(name.toLowerCase(), value.trim())
  }
  return { headers, body: Buffer.from(text.slice(end.index + end[0].length), 'latin1') }
}

/** The parts of a multipart body (RFC 2046 §5.1); `undefined` without a boundary, an end, or with more parts than eight. */
export const readMultipart = (contentType: string | undefined, body: Buffer): Part[] | undefined => {
  const boundary = parseMediaType(contentType)?.parameters.get('boundary')
  if (boundary === undefined || boundary.length < 1 || boundary.length > 70) return undefined
  const text = `\r\n${body.toString('latin1')}`
  const pieces = text.split(`\n--${boundary}`)
  const last = pieces.pop()
  if (pieces.length < 2 || pieces.length > MAX_PARTS + 1 || !last?.startsWith('--')) return undefined
  const parts = pieces.slice(1).map(piece => readPart(piece.replace(/^[\t ]*\r?\n/, '').replace(/\r$/, '')))
  return parts.every(part => part !== undefined) ? parts : undefined
}

/** A multipart body of parts with these headers, and its Content-Type. */
export const writeMultipart = (
  boundary: string,
  parts: readonly { readonly headers: Readonly<Record<string, string>>; readonly body: string }[],
): string =>
  `${parts
    .map(({ headers, body }) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      return `--${boundary}\r\n${lines.join('')}\r\n${body}\r\n`
    })
    .join('')}--${boundary}--\r\n`
