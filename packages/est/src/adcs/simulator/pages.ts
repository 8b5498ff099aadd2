import { DISPOSITIONS } from '../client/page-anchors.ts'
import { PAGES } from '../paths.ts'
import { formatHresult, type HresultName } from './hresults.ts'
import { type Language, say } from './languages.ts'
import type { AdcsTemplate } from './templates.ts'

/** The page of each outcome. Ids, URLs and places of values are those that clients rely on [ADCS-4]; the rest is ours. */
export type PageContext = { readonly language: Language; readonly caName: string }

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const html = (text: string) => text.replace(/[&<>"]/g, char => ESCAPES[char]!)

const page = ({ language, caName }: PageContext, { heading, body }: { heading: string; body: readonly string[] }): string =>
  [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">',
    `<HTML Lang=${language}>`,
    '<Head>',
    '\t<Meta HTTP-Equiv="Content-Type" Content="text/html; charset=UTF-8">',
    `\t<Title>${say(language, 'title')}</Title>`,
    '</Head>',
    '<Body>',
    `<P>${say(language, 'title')} &nbsp;--&nbsp; ${html(caName)}</P>`,
    `<P><B> ${heading} </B></P>`,
    ...body,
    '</Body>',
    '</HTML>',
    '',
  ].join('\r\n')

export const welcomePage = (context: PageContext): string =>
  page(context, {
    heading: say(context.language, 'welcome'),
    body: [`<P>${say(context.language, 'welcomeText')}</P>`, '<P><A Href="certrqxt.asp">certrqxt.asp</A></P>'],
  })

/** The advanced request page: a select of templates, named and shown. */
export const requestPage = (context: PageContext, templates: readonly AdcsTemplate[]): string =>
  page(context, {
    heading: say(context.language, 'request'),
    body: [
      '<Form Name=SubmittedData Action="certfnsh.asp" Method=Post>',
      '<Input Type=Hidden Name=Mode Value="newreq">',
      '<TextArea Name=CertRequest Rows=10 Cols=50></TextArea>',
      `<P>${say(context.language, 'template')}</P>`,
      '<Select Name=lbCertTemplate ID=lbCertTemplateID>',
      ...templates.map(({ name, displayName = name }) => `\t<Option Value="E;${html(name)};1;0">${html(displayName)}`),
      '</Select>',
      '</Form>',
    ],
  })

export const issuedPage = (context: PageContext, id: number): string => {
  const word = (name: Parameters<typeof say>[1]) => say(context.language, name)
  return page(context, {
    heading: word('issued'),
    body: [
      `<P>${word('issuedText')}</P>`,
      '<Script Language="JavaScript">',
      'function getEncoding() { return document.UIForm.rbEncoding[0].checked ? "Enc=bin" : "Enc=b64"; }',
      `function handleGetCert() { location="certnew.cer?ReqID=${id}&"+getEncoding(); }`,
      `function handleGetChain() { location="certnew.p7b?ReqID=${id}&"+getEncoding(); }`,
      '</Script>',
      `<A Href="certnew.cer?ReqID=${id}&amp;Enc=b64">${word('download')}</A>`,
      `<A Href="certnew.p7b?ReqID=${id}&amp;Enc=b64">${word('downloadChain')}</A>`,
    ],
  })
}

export const pendingPage = (context: PageContext, { id, isNew }: { id: number; isNew: boolean }): string =>
  page(context, {
    heading: say(context.language, 'pending'),
    body: [
      `<P>${say(context.language, isNew ? 'pendingText' : 'stillPending')}</P>`,
      `<P>${say(context.language, 'requestId', { id })}</P>`,
      `<P>${say(context.language, 'returnIn')}</P>`,
    ],
  })

export const deniedPage = (context: PageContext, { id, message }: { id: number; message: string }): string =>
  page(context, {
    heading: say(context.language, 'denied'),
    body: [
      `<P ID=locDenied> ${say(context.language, 'deniedText')} </P>`,
      `<P>${say(context.language, 'requestId', { id })} ${say(context.language, 'dispositionText', { text: html(message) })}</P>`,
    ],
  })

export type Failure = {
  /** Without it, the CA never came so far. */
  readonly disposition?: keyof typeof DISPOSITIONS
  readonly message?: string
  readonly result: HresultName
}

export const errorPage = (context: PageContext, { disposition, message, result }: Failure): string => {
  const word = (name: Parameters<typeof say>[1]) => say(context.language, name)
  const said = disposition === undefined ? word('neverSet') : `${DISPOSITIONS[disposition]} - ${word('unknown')}`
  const rows = [
    ['locModeLabel', word('mode'), word('modeNew')],
    ['locDispLabel', word('disposition'), said],
    ['locDispMsgLabel', word('dispositionMessage'), message ?? word('none')],
    ['locResultLabel', word('result'), formatHresult(result)],
    ['locComInfoLabel', word('comInfo'), result === 'ok' ? word('none') : `CCertRequest::Submit: ${formatHresult(result)}`],
    ['locLastStatLabel', word('lastStatus'), formatHresult('ok')],
    ['locSugCauseLabel', word('suggestion'), word('noSuggestion')],
  ] as const
  return page(context, {
    heading: word('error'),
    body: [
      `<P>${word('errorText')}</P>`,
      '<Table>',
      // Clients take the value from the line behind the label, after two tabs.
      ...rows.map(([id, label, value]) => `<TR><TD><B ID=${id}>${label}</B></TD><TD>\r\n\t\t${html(value)}\r\n</TD></TR>`),
      '</Table>',
    ],
  })
}

export const caCertificatesPage = (context: PageContext, renewals: number): string =>
  page(context, {
    heading: say(context.language, 'caCertificates'),
    body: [
      '<Script Language="JavaScript">',
      `var nRenewals=${renewals};`,
      'function handleGetChain() { location="certnew.p7b?ReqID=CACert&Renewal="+nRenewals+"&Enc=bin"; }',
      '</Script>',
    ],
  })

/** IIS's own body of a redirect, byte for byte: the product's log counts it. */
export const movedPage = (location: string): string =>
  `<head><title>Document Moved</title></head>\n<body><h1>Object Moved</h1>This document may be found <a HREF="${location}">here</a></body>`

/** A page that has nothing to do with a CA, as a proxy or another site gives it. */
export const foreignPage = (): string =>
  '<!DOCTYPE html><html><head><title>It works</title></head><body><h1>It works</h1><p>Call 555 for help.</p></body></html>'

export const statusPage = (status: number, words: string): string =>
  `<!DOCTYPE html><html><head><title>${status} - ${words}</title></head><body><h2>${status} - ${words}</h2></body></html>`

export const WELCOME_PATHS: readonly string[] = [PAGES.welcome, `${PAGES.welcome}default.asp`]
