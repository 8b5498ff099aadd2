import { unescapeHtml, visibleText } from './page-text.ts'

/**
 * What is the same in the pages of every language: ids of elements, URLs, script [ADCS-4.1]. Nothing here is a word that a
 * person reads.
 */
export const ANCHORS = {
  issued: /certnew\.cer\?ReqID=(\d{1,10})&/i,
  denied: 'locDenied',
  disposition: 'locDispLabel',
  dispositionMessage: 'locDispMsgLabel',
  result: 'locResultLabel',
  comError: 'locComInfoLabel',
  lastStatus: 'locLastStatLabel',
  templates: 'lbCertTemplateID',
  renewals: /\bnRenewals\s*=\s*(\d{1,4})\s*;/,
} as const

/** Numbers of ICertRequest::GetDisposition. */
export const DISPOSITIONS = {
  incomplete: 0,
  error: 1,
  denied: 2,
  issued: 3,
  issuedOutOfBand: 4,
  underSubmission: 5,
} as const

/** What certfnsh.asp or certnew.cer says in HTML. */
export type Page =
  | { readonly kind: 'issued'; readonly requestId: number }
  | { readonly kind: 'denied'; readonly message: string; readonly hresult?: string; readonly requestId?: number }
  | { readonly kind: 'failed'; readonly disposition?: number; readonly message: string; readonly hresult?: string }
  /** Pending, or something else: numbers that may be that of the request, the likely ones first. */
  | { readonly kind: 'other'; readonly numbers: readonly number[] }

/** As far as the value of a label may be from its element. Tags are short, too: without a bound, a page of tags that never end
 * would be read again from each of them. */
const REACH = 4_000

const after = (html: string, id: string): string | undefined => {
  const found = new RegExp(`\\bid\\s*=\\s*["']?${id}\\b[^>]{0,200}>`, 'i').exec(html)
  return found ? html.slice(found.index + found[0].length, found.index + REACH) : undefined
}

/** The value beside a label: on a line of its own behind two tabs; else what stands before the next element with an id. */
const valueBeside = (html: string, id: string): string | undefined => {
  const rest = after(html, id)
  if (rest === undefined) return undefined
  const [own = ''] = rest.split(/\bid\s*=\s*["']?loc/i, 1)
  const line = /\n\t\t([^\t\r\n][^\r\n]*)/.exec(own)?.[1]
  return visibleText(line ?? own.slice(own.search(/:|：/) + 1).replace(/<[^>]*$/, ''))
}

const hresultIn = (...texts: readonly (string | undefined)[]): { hresult?: string } => {
  const found = texts.map(text => /0x8[0-9a-f]{7}/i.exec(text ?? '')?.[0]).find(hresult => hresult !== undefined)
  return found === undefined ? {} : { hresult: found.toLowerCase() }
}

const QUOTED = /["“”„「]([^"“”„「」]{1,2000})["“”」]/

/** Numbers in what a reader sees: behind the letters "ID", as translations keep them, first. */
const numbersIn = (text: string): number[] => {
  const named = [
    ...text.matchAll(/\bID\b\D{0,40}?(\d{1,10})(?!\d|[.,:]\d)/gi),
    ...text.matchAll(/ID\D{0,10}?(\d{1,10})(?!\d|[.,:]\d)/gi),
  ]
  const all = [...named, ...text.matchAll(/(?<![\w.,:])(\d{1,10})(?!\d|[.,:]\d)/g)]
  return [...new Set(all.map(([, digits]) => Number(digits)))]
}

/** Reads a page by its anchors. */
export const readPage = (html: string): Page => {
  const issued = ANCHORS.issued.exec(unescapeHtml(html))
  if (issued) return { kind: 'issued', requestId: Number(issued[1]) }
  const denied = after(html, ANCHORS.denied)
  if (denied !== undefined) {
    const text = visibleText(denied)
    const message = QUOTED.exec(text)?.[1]?.trim() ?? text
    const [requestId] = numbersIn(text.replace(QUOTED, ''))
    return { kind: 'denied', message, ...hresultIn(message), ...(requestId === undefined ? {} : { requestId }) }
  }
  const message = valueBeside(html, ANCHORS.dispositionMessage)
  const result = valueBeside(html, ANCHORS.result)
  if (message === undefined && result === undefined) return { kind: 'other', numbers: numbersIn(visibleText(html)) }
  const number = /^\d{1,2}\b/.exec(valueBeside(html, ANCHORS.disposition) ?? '')?.[0]
  return {
    kind: 'failed',
    ...(number === undefined ? {} : { disposition: Number(number) }),
    message: [message, result].filter(text => text !== undefined && text !== '').join('; '),
    ...hresultIn(message, result, valueBeside(html, ANCHORS.comError), valueBeside(html, ANCHORS.lastStatus)),
  }
}

/** A template that the page offers: the parts of its value, one of which is its name, and what a person reads. */
export type OfferedTemplate = { readonly names: readonly string[]; readonly displayName: string }

/** The list of certrqxt.asp; nothing where there is no list: a standalone CA has no templates. */
export const readTemplates = (html: string): OfferedTemplate[] | undefined => {
  const list = new RegExp(`<select\\b[^>]{0,200}\\bid\\s*=\\s*["']?${ANCHORS.templates}\\b[^>]{0,200}>`, 'i').exec(html)
  if (!list) return undefined
  const [options = ''] = html.slice(list.index + list[0].length).split(/<\/select/i, 1)
  return [...options.matchAll(/<option\b([^>]{0,500})>([^<]{0,500})/gi)].map(([, attributes = '', text = '']) => {
    const displayName = visibleText(text)
    const value = /\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes)
    const names = unescapeHtml(value?.[1] ?? value?.[2] ?? value?.[3] ?? displayName).split(';')
    return { names: names.map(name => name.trim()).filter(Boolean), displayName }
  })
}

/** How often the CA certificate was renewed, from certcarc.asp; 0 where the page does not say. */
export const readRenewals = (html: string): number => Number(ANCHORS.renewals.exec(html)?.[1] ?? 0)
