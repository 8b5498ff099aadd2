import { derToPem } from '@capfkit/pki'
import { AdcsError } from '../errors.ts'

/** Further attributes of a request, e.g. `{ SAN: 'dns=a.example&dns=b.example' }`. */
export type RequestAttributes = Readonly<Record<string, string>>

export type SubmitForm = {
  readonly csrDer: Buffer
  readonly template?: string
  readonly attributes?: RequestAttributes
  /** For the name under which the CA keeps it. */
  readonly now: Date
}

/** A line break ends an attribute: a name that holds one would smuggle others in. */
const isPlain = (text: string) => text !== '' && text.length <= 1_024 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)

/** As a place in an error: nothing in it reaches a terminal or a log as it is. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~\p{L}\p{N}]/gu, char => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`)

/** @throws {AdcsError} `ADCS_TEMPLATE_NAME` */
export const mustBeTemplateName = (template: string): void => {
  if (!isPlain(template) || template.length > 255) throw new AdcsError('ADCS_TEMPLATE_NAME', `template ${quoted(template)}`)
}

const attributeLines = ({ template, attributes = {} }: SubmitForm): string[] => {
  if (template !== undefined) mustBeTemplateName(template)
  for (const [name, value] of Object.entries(attributes))
    if (!isPlain(name) || name.includes(':') || !isPlain(value))
      throw new AdcsError('ADCS_TEMPLATE_NAME', `attribute ${quoted(`${name}:${value}`)}`)
  return [
    ...(template === undefined ? [] : [`CertificateTemplate:${template}`]),
    ...Object.entries(attributes).map(([name, value]) => `${name}:${value}`),
  ]
}

const encode = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()

/** The form of a new request [ADCS-3.2]. @throws {AdcsError} `ADCS_TEMPLATE_NAME` */
export const submitForm = (form: SubmitForm): string =>
  encode({
    Mode: 'newreq',
    CertRequest: derToPem(form.csrDer, 'CERTIFICATE REQUEST'),
    CertAttrib: attributeLines(form).join('\r\n'),
    FriendlyType: `Saved-Request Certificate (${form.now.toISOString()})`,
    TargetStoreFlags: '0',
    SaveCert: 'yes',
    ThumbPrint: '',
  })

/** The form that asks for a request of before [ADCS-3.4]. */
export const pollForm = (requestId: number): string =>
  encode({ Mode: 'chkpnd', ReqID: String(requestId), TargetStoreFlags: '0', SaveCert: 'yes' })
