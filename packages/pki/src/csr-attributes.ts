import { oid, printable, sequence, set, TAG, utf8 } from './der.ts'
import { type DerElement, DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'
import type { Extensions, SubjectAltName } from './extensions.ts'
import { readExtensions } from './read-extensions.ts'
import { subjectAltNameExtension } from './tbs-certificate.ts'

/** One attribute of a request: object identifier and values, each DER. E.g. challengePassword, or the extensions asked for. */
export type CsrAttribute = { oid: string; values: readonly Buffer[] }

/** Attributes with a meaning in enrolment (RFC 2985 §5.4, RFC 4108 §2.2.5, RFC 7030 §4.4.1.2, RFC 6402 §2.8, RFC 9908 §3.4). */
export const CSR_ATTRIBUTE_OIDS = {
  challengePassword: '1.2.840.113549.1.9.7',
  extensionRequest: '1.2.840.113549.1.9.14',
  smimeCapabilities: '1.2.840.113549.1.9.15',
  decryptKeyIdentifier: '1.2.840.113549.1.9.16.2.37',
  asymmetricDecryptKeyIdentifier: '1.2.840.113549.1.9.16.2.54',
  requestInfoTemplate: '1.2.840.113549.1.9.16.2.61',
  extensionTemplates: '1.2.840.113549.1.9.16.2.62',
  changeSubjectName: '1.3.6.1.5.5.7.7.36',
} as const

/** Attribute, DER: SEQUENCE of type and SET of values (RFC 2986 §4.1). */
export const encodeAttribute = ({ oid: type, values }: CsrAttribute): Buffer => sequence(oid(type), set(...values))

/** The next Attribute. */
export const readAttribute = (reader: DerReader): CsrAttribute => {
  const attribute = reader.enter(TAG.sequence)
  const type = attribute.oid()
  const values = [...attribute.enter(TAG.set).rest()].map(({ raw }) => raw)
  attribute.finish()
  return { oid: type, values }
}

type HasAttributes = { readonly attributes: readonly CsrAttribute[] }

/** All values of all attributes of one type. */
const valuesOf = ({ attributes }: HasAttributes, type: string): Buffer[] =>
  attributes.filter(attribute => attribute.oid === type).flatMap(({ values }) => values)

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/

/** challengePassword (RFC 2985 §5.4.1): PrintableString where the text allows it, else UTF8String. */
export const challengePasswordAttribute = (text: string): CsrAttribute => ({
  oid: CSR_ATTRIBUTE_OIDS.challengePassword,
  values: [PRINTABLE.test(text) ? printable(text) : utf8(text)],
})

const TEXT_TAGS: readonly number[] = [TAG.utf8String, TAG.printableString, TAG.ia5String, TAG.teletexString]

const onlyElement = (values: readonly Buffer[], what: string): DerElement => {
  const reader = new DerReader(Buffer.concat(values), what)
  const element = reader.next()
  reader.finish()
  return element
}

/** Whatever is wrong inside an attribute is wrong with the request. */
const reading = <T>(where: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    throw new PkiError('PKI_BAD_CSR', { where, cause })
  }
}

/** What is in challengePassword, `undefined` where there is none. @throws {PkiError} `PKI_BAD_CSR`: more than one, or no text. */
export const challengePasswordOf = (csr: HasAttributes): string | undefined => {
  const values = valuesOf(csr, CSR_ATTRIBUTE_OIDS.challengePassword)
  if (values.length === 0) return undefined
  const { tag, content } = reading('challengePassword', () => onlyElement(values, 'challengePassword'))
  if (!TEXT_TAGS.includes(tag)) throw new PkiError('PKI_BAD_CSR', { where: 'challengePassword' })
  return content.toString(tag === TAG.utf8String ? 'utf8' : 'latin1')
}

/** extensionRequest (RFC 2985 §5.4.2) for these names. */
export const subjectAltNameRequest = (names: Partial<SubjectAltName>): CsrAttribute => ({
  oid: CSR_ATTRIBUTE_OIDS.extensionRequest,
  values: [sequence(...subjectAltNameExtension(names))],
})

/** The extensions that a request asks for. @throws {PkiError} `PKI_BAD_CSR` when they cannot be read, or are asked for twice. */
export const requestedExtensions = (csr: HasAttributes): Extensions => {
  const values = valuesOf(csr, CSR_ATTRIBUTE_OIDS.extensionRequest)
  if (values.length === 0) return { unknownCritical: [] }
  return reading('extensionRequest', () => {
    const { tag, content } = onlyElement(values, 'extensionRequest')
    const reader = new DerReader(content, 'extensionRequest')
    return tag === TAG.sequence ? readExtensions(reader) : reader.fail()
  })
}
