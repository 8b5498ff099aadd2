import { CSR_ATTRIBUTE_OIDS, type CsrAttribute } from '../csr-attributes.ts'
import { TAG } from '../der.ts'
import { DerReader } from '../der-reader.ts'
import { PkiError } from '../errors.ts'
import { CURVES } from '../key-spec.ts'
import { EC_PUBLIC_KEY, RSA_ENCRYPTION } from '../public-key.ts'
import { type CsrAttrs, readingAttrs } from './attrs.ts'
import {
  type ExtensionWish,
  encodeExtensionWishes,
  encodeTemplate,
  type KeyWish,
  readExtensionWishes,
  readTemplate,
  type SubjectWish,
} from './template.ts'

/** What a server wants of a request, whichever of the two forms it was said in. */
export type CsrWishes = {
  /** `template`: the form of RFC 9908; a client that knows it looks at nothing else. */
  readonly form: 'attributes' | 'template'
  /** challengePassword is asked for: proof of possession, bound to the connection (RFC 7030 §3.5). */
  readonly challengePassword: boolean
  readonly subject?: readonly SubjectWish[]
  readonly key?: KeyWish
  readonly extensions: readonly ExtensionWish[]
}

const { challengePassword, extensionRequest, extensionTemplates, requestInfoTemplate } = CSR_ATTRIBUTE_OIDS

const refuse = (what: string): never => {
  throw new PkiError('PKI_BAD_CSR_ATTRS', { where: what })
}

/** The one value of the one attribute of a type; `undefined` where there is none. */
const onlyValue = (attributes: readonly CsrAttribute[], { type, what }: { type: string; what: string }): Buffer | undefined => {
  const values = attributes.filter(({ oid }) => oid === type).flatMap(attribute => attribute.values)
  if (attributes.filter(({ oid }) => oid === type).length > 1 || values.length > 1) refuse(`${what}, given more than once`)
  return values[0]
}

/** The attribute whose type is that of the key: its value is the curve, or the bits of the modulus (RFC 9908 §3.2). */
const keyFromAttributes = ({ oids, attributes }: CsrAttrs): KeyWish | undefined => {
  const rsa = onlyValue(attributes, { type: RSA_ENCRYPTION, what: 'RSA key' })
  const ec = onlyValue(attributes, { type: EC_PUBLIC_KEY, what: 'EC key' })
  if (rsa && ec) refuse('two types of keys')
  if (rsa) return { type: 'rsa', bits: Number.parseInt(new DerReader(rsa, 'RSA key').integer().toString('hex'), 16) }
  if (ec)
    return new DerReader(ec, 'EC key').peek() === TAG.oid
      ? { type: 'ec', curve: new DerReader(ec, 'EC key').oid() }
      : refuse('EC key')
  // Before RFC 9908 a bare curve said the same.
  const curve = Object.values(CURVES).find(({ oid }) => oids.includes(oid))?.oid
  if (curve !== undefined) return { type: 'ec', curve }
  return oids.includes(RSA_ENCRYPTION) ? { type: 'rsa' } : undefined
}

const asksForPassword = ({ oids, attributes }: CsrAttrs) =>
  oids.includes(challengePassword) || attributes.some(({ oid }) => oid === challengePassword)

const fromAttributes = (attrs: CsrAttrs): CsrWishes => {
  const request = onlyValue(attrs.attributes, { type: extensionRequest, what: 'extensionRequest' })
  const key = keyFromAttributes(attrs)
  return {
    form: 'attributes',
    challengePassword: asksForPassword(attrs),
    extensions: request ? readExtensionWishes(request, { mayLackValue: false }) : [],
    ...(key ? { key } : {}),
  }
}

const fromTemplate = (der: Buffer, attrs: CsrAttrs): CsrWishes => {
  const { attributes, ...rest } = readTemplate(der)
  const whole = onlyValue(attributes, { type: extensionRequest, what: 'extensionRequest' })
  const partial = onlyValue(attributes, { type: extensionTemplates, what: 'extension templates' })
  if (whole && partial) refuse('extensionRequest beside extension templates')
  const list = whole ?? partial
  return {
    form: 'template',
    // A server that serves old and new clients says it beside the template, too.
    challengePassword: asksForPassword({ oids: [], attributes }) || asksForPassword(attrs),
    extensions: list ? readExtensionWishes(list, { mayLackValue: partial !== undefined }) : [],
    ...rest,
  }
}

/**
 * What CSR attributes ask for; what is not known is passed over (RFC 7030 §4.5.2). Where there is a template only that counts.
 *
 * @throws {PkiError} `PKI_BAD_CSR_ATTRS`: an attribute that may be there once stands twice, or its value is malformed.
 */
export const requestWishes = (attrs: CsrAttrs): CsrWishes =>
  readingAttrs('CSR attributes', () => {
    const template = onlyValue(attrs.attributes, { type: requestInfoTemplate, what: 'request template' })
    return template ? fromTemplate(template, attrs) : fromAttributes(attrs)
  })

/** The attribute with a template that says this. */
export const templateAttribute = ({ subject, key, extensions, challengePassword: asks }: Omit<CsrWishes, 'form'>): CsrAttribute => {
  const attributes: CsrAttribute[] = [
    ...(asks ? [{ oid: challengePassword, values: [] }] : []),
    ...(extensions.length > 0 ? [{ oid: extensionTemplates, values: [encodeExtensionWishes(extensions)] }] : []),
  ]
  const template = encodeTemplate({ attributes, ...(subject ? { subject } : {}), ...(key ? { key } : {}) })
  return { oid: requestInfoTemplate, values: [template] }
}
