import { ia5, oid, printable, sequence, set, TAG, utf8 } from './der.ts'
import { type DerElement, DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'

/** Attribute types with a short name. C and serialNumber must be PrintableString (RFC 5280 §A.1), the others are UTF8String. */
export const NAME_ATTRIBUTES = {
  CN: { oid: '2.5.4.3', encode: utf8 },
  O: { oid: '2.5.4.10', encode: utf8 },
  OU: { oid: '2.5.4.11', encode: utf8 },
  L: { oid: '2.5.4.7', encode: utf8 },
  ST: { oid: '2.5.4.8', encode: utf8 },
  C: { oid: '2.5.4.6', encode: printable },
  serialNumber: { oid: '2.5.4.5', encode: printable },
  /** IA5String (RFC 4519 §2.4); the names of Microsoft CAs have them. */
  DC: { oid: '0.9.2342.19200300.100.1.25', encode: ia5 },
} as const

/** A short name from the table, or the dotted object identifier of any other attribute. */
export type NameAttribute = keyof typeof NAME_ATTRIBUTES | `${number}.${string}`

/** In the order of the DER, e.g. `[{ type: 'CN', value: 'SEP001122334455' }, { type: 'O', value: 'Example' }]`. */
export type DistinguishedName = readonly { readonly type: NameAttribute; readonly value: string }[]

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/
const IA5 = /^\p{ASCII}*$/u
const DOTTED = /^[0-2](?:\.\d{1,15}){1,20}$/

const isShort = (type: string): type is keyof typeof NAME_ATTRIBUTES => Object.hasOwn(NAME_ATTRIBUTES, type)

/** The dotted object identifier of an attribute type. */
export const nameTypeOid = (type: NameAttribute): string => (isShort(type) ? NAME_ATTRIBUTES[type].oid : type)

const STRING_PATTERNS = new Map([
  [printable, PRINTABLE],
  [ia5, IA5],
])

/** The value of one attribute, DER. @throws {PkiError} `PKI_BAD_NAME` for a value that its string type cannot hold. */
export const encodeNameValue = (type: NameAttribute, value: string): Buffer => {
  const encode = isShort(type) ? NAME_ATTRIBUTES[type].encode : utf8
  const fits = DOTTED.test(nameTypeOid(type)) && value.isWellFormed() && (STRING_PATTERNS.get(encode)?.test(value) ?? true)
  if (!fits) throw new PkiError('PKI_BAD_NAME', { where: `${type}=${JSON.stringify(value)}` })
  return encode(value)
}

/** Name, DER: one attribute in each RDN. @throws {PkiError} `PKI_BAD_NAME` for a value that its string type cannot hold. */
export const encodeName = (name: DistinguishedName): Buffer =>
  sequence(
    ...name.map(({ type, value }) => {
      const encoded = encodeNameValue(type, value)
      return set(sequence(oid(nameTypeOid(type)), encoded))
    }),
  )

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const swapped = (bytes: Buffer) => (bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : undefined)

const decodeValue = ({ tag, content, raw }: DerElement): string | undefined => {
  if (tag === TAG.utf8String) return utf8Decoder.decode(content)
  if (tag === TAG.printableString || tag === TAG.ia5String || tag === TAG.teletexString) return content.toString('latin1')
  if (tag === TAG.bmpString) return swapped(content)
  // Not a string: RFC 4514 §2.4 shows such a value as a number sign and the DER in hexadecimal.
  return `#${raw.toString('hex')}`
}

/** The next element, a string of whatever kind. */
export const readNameValue = (reader: DerReader): string => decodeValue(reader.next()) ?? reader.fail()

const SHORT_NAMES = Object.keys(NAME_ATTRIBUTES) as (keyof typeof NAME_ATTRIBUTES)[]

/** The type with this object identifier, by its short name where it has one. */
export const nameTypeOf = (dotted: string): NameAttribute =>
  SHORT_NAMES.find(short => NAME_ATTRIBUTES[short].oid === dotted) ?? (dotted as NameAttribute)

/** Reads a Name; an RDN of several attributes becomes several entries. @throws {PkiError} `PKI_BAD_NAME` */
export const decodeName = (der: Buffer): DistinguishedName => {
  try {
    const outer = new DerReader(der, 'name')
    const reader = outer.enter(TAG.sequence)
    outer.finish()
    const name: { type: NameAttribute; value: string }[] = []
    for (const { content } of reader.rest(TAG.set)) {
      if (content.length === 0) reader.fail()
      const attributes = new DerReader(content, 'name')
      while (!attributes.done) {
        const attribute = attributes.enter(TAG.sequence)
        const type = nameTypeOf(attribute.oid())
        const value = readNameValue(attribute)
        attribute.finish()
        name.push({ type, value })
      }
    }
    return name
  } catch (cause) {
    throw new PkiError('PKI_BAD_NAME', { where: `name of ${der.length} bytes`, cause })
  }
}

/** The value of the first CN. */
export const commonName = (name: DistinguishedName): string | undefined => name.find(({ type }) => type === 'CN')?.value

/**
 * `CN=SEP001122334455,O=Example` in the order of the DER, as openssl prints it, with the escapes of RFC 4514 §2.4 (which itself
 * would print the order reversed).
 */
export const formatName = (name: DistinguishedName): string =>
  name.map(({ type, value }) => `${type}=${escapeValue(value)}`).join(',')

/** Control characters of both kinds, line separators and marks that turn the direction of text: none may reach a terminal or a log. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu

const escapeValue = (value: string) =>
  value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')
    .replace(UNPRINTABLE, char => Buffer.from(char, 'utf8').toString('hex').replace(/../g, '\\$&'))

/** One attribute: type, equals sign, a value in which a backslash takes the next character, or two hexadecimal digits. */
const ATTRIBUTE = /\s*([A-Za-z]+|\d+(?:\.\d+)+)\s*=((?:\\[0-9A-Fa-f]{2}|\\[^0-9A-Fa-f]|[^\\,;+])*)(?:[,;+]|$)/suy

/**
 * Reads what {@link formatName} writes, and `;` or `+` between attributes as trust lists print them. Spaces around a value
 * that are not escaped are left out. Types are taken in any case.
 *
 * @throws {PkiError} `PKI_BAD_NAME`
 */
export const parseName = (text: string): DistinguishedName => {
  const name: { type: NameAttribute; value: string }[] = []
  const pattern = new RegExp(ATTRIBUTE)
  while (pattern.lastIndex < text.length) {
    const [, type, value] = pattern.exec(text) ?? []
    const known = type && (shortNamed(type) ?? (DOTTED.test(type) ? (type as NameAttribute) : undefined))
    if (!known || value === undefined) throw new PkiError('PKI_BAD_NAME', { where: JSON.stringify(text) })
    name.push({ type: known, value: unescapeValue(value) })
  }
  if (name.length === 0 || /[,;+]\s*$/.test(text.replace(/\\./gs, '')))
    throw new PkiError('PKI_BAD_NAME', { where: JSON.stringify(text) })
  return name
}

const shortNamed = (type: string): NameAttribute | undefined =>
  SHORT_NAMES.find(short => short.toLowerCase() === type.toLowerCase())

/** Without the blanks at its end, but for one that is escaped. By hand: a pattern would try each blank of a long row as the first. */
const withoutLastBlanks = (value: string): string => {
  let end = value.length
  while (value[end - 1] === ' ') end--
  let start = end
  while (value[start - 1] === '\\') start--
  return value.slice(0, (end - start) % 2 === 0 ? end : end + 1)
}

const unescapeValue = (value: string) =>
  withoutLastBlanks(value.replace(/^ +/, ''))
    // Hexadecimal pairs in a row are the bytes of UTF-8.
    .replace(/((?:\\[0-9A-Fa-f]{2})+)|\\(.)/gs, (_, pairs: string | undefined, char: string) =>
      pairs ? Buffer.from(pairs.replaceAll('\\', ''), 'hex').toString('utf8') : char,
    )
