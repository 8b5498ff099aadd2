import type { CertsrvAnswer } from './connection.ts'

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** References of HTML that these pages use; others stay as they are. */
export const unescapeHtml = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** Where what begins like this ends: what is inside is for nobody to read. Anything else that begins with `<` is a tag. */
const UNREAD: readonly (readonly [begin: string, end: string])[] = [
  ['<!--', '-->'],
  ['<script', '</script'],
  ['<style', '</style'],
]

/** Text between the tags. Each character is looked at once, however the page is made: it may come from anybody. */
const withoutTags = (html: string): string => {
  const lower = html.toLowerCase()
  const parts: string[] = []
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf('<', at)
    parts.push(html.slice(at, open < 0 ? html.length : open))
    if (open < 0) break
    const unread = UNREAD.find(([begin]) => lower.startsWith(begin, open))
    const inside = unread ? lower.indexOf(unread[1], open) : open
    const close = inside < 0 ? -1 : html.indexOf('>', inside)
    if (close < 0) break
    at = close + 1
  }
  return parts.join(' ')
}

/** What a reader sees: without scripts, tags and references, runs of white space as one blank. */
export const visibleText = (html: string): string => unescapeHtml(withoutTags(html)).replace(/\s+/g, ' ').trim()

const CHARSET = /charset\s*=\s*["']?([\w-]{1,40})/i

/** The page as text, in the character set that header or page names; UTF-8 where neither does, or nobody knows it. */
export const pageText = ({ headers, body }: Pick<CertsrvAnswer, 'headers' | 'body'>): string => {
  const named = CHARSET.exec(headers['content-type'] ?? '') ?? CHARSET.exec(body.toString('latin1', 0, 2_048))
  try {
    return new TextDecoder(named?.[1] ?? 'utf-8').decode(body)
  } catch {
    return body.toString('utf8')
  }
}
