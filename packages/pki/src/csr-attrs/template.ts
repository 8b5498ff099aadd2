import { type CsrAttribute, encodeAttribute, readAttribute } from '../csr-attributes.ts'
import { boolean, contextTag, integer, nothing, octetString, oid, sequence, set, TAG, tlv } from '../der.ts'
import { DerReader } from '../der-reader.ts'
import { encodeNameValue, type NameAttribute, nameTypeOf, nameTypeOid, readNameValue } from '../name.ts'
import { EC_PUBLIC_KEY, RSA_ENCRYPTION } from '../public-key.ts'

/** A part of the subject. Without a value the client fills it in. */
export type SubjectWish = { readonly type: NameAttribute; readonly value?: string }
/** The key: a curve by its object identifier, an RSA modulus in bits; without either any of that type. */
export type KeyWish = { readonly type: 'rsa'; readonly bits?: number } | { readonly type: 'ec'; readonly curve?: string }
/** An extension to ask for. Without a value (DER) the client fills it in. */
export type ExtensionWish = { readonly oid: string; readonly critical: boolean; readonly value?: Buffer }

/** CertificationRequestInfoTemplate (RFC 9908 §3.4). Parts that are left out are for the client to choose. */
export type RequestTemplate = {
  readonly subject?: readonly SubjectWish[]
  readonly key?: KeyWish
  readonly attributes: readonly CsrAttribute[]
}

const readSubject = (reader: DerReader): SubjectWish[] => {
  const wishes: SubjectWish[] = []
  for (const { content } of reader.enter(TAG.sequence).rest(TAG.set)) {
    const attributes = new DerReader(content, 'subject template')
    while (!attributes.done) {
      const attribute = attributes.enter(TAG.sequence)
      const type = nameTypeOf(attribute.oid())
      wishes.push(attribute.done ? { type } : { type, value: readNameValue(attribute) })
      attribute.finish()
    }
  }
  return wishes
}

/** Only the length of a placeholder says anything: its digits are meaningless. */
const modulusBits = (bits: Buffer): number => {
  const key = new DerReader(bits, 'RSA placeholder').enter(TAG.sequence)
  const modulus = key.integer()
  return (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8
}

const readKey = (reader: DerReader): KeyWish => {
  const algorithm = reader.enter(TAG.sequence)
  const type = algorithm.oid()
  if (type === EC_PUBLIC_KEY) return algorithm.done ? { type: 'ec' } : { type: 'ec', curve: algorithm.oid() }
  if (type !== RSA_ENCRYPTION) return reader.fail()
  return reader.done ? { type: 'rsa' } : { type: 'rsa', bits: modulusBits(reader.wholeBytes()) }
}

/** One value of the attribute that carries a template. @throws {PkiError} `PKI_BAD_DER` */
export const readTemplate = (der: Buffer): RequestTemplate => {
  const outer = new DerReader(der, 'request template')
  const reader = outer.enter(TAG.sequence)
  outer.finish()
  if (!reader.integer().equals(Buffer.of(0))) reader.fail()
  const subject = reader.peek() === TAG.sequence ? readSubject(reader) : undefined
  const key = reader.peek() === contextTag(0) ? readKey(reader.enter(contextTag(0))) : undefined
  const list = reader.enter(contextTag(1))
  reader.finish()
  const attributes: CsrAttribute[] = []
  while (!list.done) attributes.push(readAttribute(list))
  return { attributes, ...(subject ? { subject } : {}), ...(key ? { key } : {}) }
}

/** ExtensionTemplates (RFC 9908 §3.4), or Extensions where every one must have its value. @throws {PkiError} `PKI_BAD_DER` */
export const readExtensionWishes = (der: Buffer, { mayLackValue }: { mayLackValue: boolean }): ExtensionWish[] => {
  const outer = new DerReader(der, 'extensions')
  const list = outer.enter(TAG.sequence)
  outer.finish()
  const wishes: ExtensionWish[] = []
  while (!list.done) {
    const entry = list.enter(TAG.sequence)
    const type = entry.oid()
    const critical = entry.peek() === TAG.boolean && entry.boolean()
    const value = entry.done && mayLackValue ? {} : { value: entry.next(TAG.octetString).content }
    entry.finish()
    if (wishes.some(wish => wish.oid === type)) list.fail()
    wishes.push({ oid: type, critical, ...value })
  }
  return wishes
}

export const encodeExtensionWishes = (wishes: readonly ExtensionWish[]): Buffer =>
  sequence(
    ...wishes.map(({ oid: type, critical, value }) =>
      sequence(oid(type), ...(critical ? [boolean(true)] : []), ...(value ? [octetString(value)] : [])),
    ),
  )

const encodeSubject = (wishes: readonly SubjectWish[]): Buffer =>
  sequence(
    ...wishes.map(({ type, value }) =>
      set(sequence(oid(nameTypeOid(type)), ...(value === undefined ? [] : [encodeNameValue(type, value)]))),
    ),
  )

/** RSAPublicKey whose modulus is one bit at the top and zeros: long enough to say how long, and nobody's key. */
const placeholder = (bits: number): Buffer => {
  const modulus = Buffer.alloc(bits / 8)
  modulus[0] = 0x80
  return tlv(TAG.bitString, Buffer.of(0), sequence(integer(modulus), integer(65_537)))
}

/** SubjectPublicKeyInfoTemplate: `[0]` stands in the place of the tag of the SEQUENCE. */
const encodeKey = (wish: KeyWish): Buffer =>
  wish.type === 'ec'
    ? tlv(contextTag(0), sequence(oid(EC_PUBLIC_KEY), ...(wish.curve === undefined ? [] : [oid(wish.curve)])))
    : tlv(contextTag(0), sequence(oid(RSA_ENCRYPTION), nothing()), ...(wish.bits === undefined ? [] : [placeholder(wish.bits)]))

/** CertificationRequestInfoTemplate, DER. `attributes` is there even when it is empty. */
export const encodeTemplate = ({ subject, key, attributes }: RequestTemplate): Buffer => {
  const field = set(...attributes.map(encodeAttribute))
  field[0] = contextTag(1)
  return sequence(integer(0), ...(subject ? [encodeSubject(subject)] : []), ...(key ? [encodeKey(key)] : []), field)
}
