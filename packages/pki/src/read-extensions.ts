import { TAG } from './der.ts'
import { DerReader } from './der-reader.ts'
import {
  type BasicConstraints,
  EXTENSION_OIDS,
  type Extensions,
  KEY_USAGES,
  type KeyUsage,
  type SubjectAltName,
} from './extensions.ts'

const readBasicConstraints = (reader: DerReader): BasicConstraints => {
  const inner = reader.enter(TAG.sequence)
  // DEFAULT FALSE written out is not DER, but many CAs do it.
  const ca = inner.peek() === TAG.boolean && inner.boolean()
  const pathLength = inner.done ? undefined : inner.integer()
  inner.finish()
  if (pathLength === undefined) return { ca }
  return pathLength.length > 1 || pathLength[0]! >= 0x80 ? reader.fail() : { ca, pathLength: pathLength[0]! }
}

const readKeyUsage = (reader: DerReader): KeyUsage[] => {
  const { content } = reader.next(TAG.bitString)
  if (content.length < 1 || content.length > 3 || content[0]! > 7) return reader.fail()
  return KEY_USAGES.filter((_, bit) => ((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

const readOids = (reader: DerReader): string[] => {
  const inner = reader.enter(TAG.sequence)
  const oids: string[] = []
  while (!inner.done) oids.push(inner.oid())
  return oids
}

/** GeneralName tags that hold IA5String (RFC 5280 §4.2.1.6). */
const NAME_TAGS = { 129: 'email', 130: 'dns', 134: 'uri' } as const

const readSubjectAltName = (reader: DerReader): SubjectAltName => {
  const names: SubjectAltName = { dns: [], uri: [], email: [], ip: [] }
  for (const { tag, content } of reader.enter(TAG.sequence).rest()) {
    const kind = NAME_TAGS[tag as keyof typeof NAME_TAGS]
    if (kind) names[kind].push(content.toString('latin1'))
    else if (tag === 0x87) names.ip.push(ipText(content) ?? reader.fail())
  }
  return names
}

const ipText = (bytes: Buffer): string | undefined => {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length === 16) return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':')
  return undefined
}

const readAuthorityKeyId = (reader: DerReader): Buffer | undefined => reader.enter(TAG.sequence).optional(0x80)?.content

const READERS = {
  basicConstraints: readBasicConstraints,
  keyUsage: readKeyUsage,
  extendedKeyUsage: readOids,
  subjectAltName: readSubjectAltName,
  subjectKeyId: reader => reader.next(TAG.octetString).content,
  authorityKeyId: readAuthorityKeyId,
} as const satisfies { [K in keyof typeof EXTENSION_OIDS]: (reader: DerReader) => Extensions[K] }

const NAMES = Object.keys(EXTENSION_OIDS) as (keyof typeof EXTENSION_OIDS)[]

/** Reads the content of Extensions; the same extension twice is an error (RFC 5280 §4.2). @throws {PkiError} `PKI_BAD_DER` */
export const readExtensions = (list: DerReader): Extensions => {
  const found: Extensions = { unknownCritical: [] }
  const seen = new Set<string>()
  while (!list.done) {
    const entry = list.enter(TAG.sequence)
    const dotted = entry.oid()
    const critical = entry.peek() === TAG.boolean && entry.boolean()
    const value = new DerReader(entry.next(TAG.octetString).content, `extension ${dotted}`)
    entry.finish()
    if (seen.has(dotted)) list.fail()
    seen.add(dotted)
    const name = NAMES.find(known => EXTENSION_OIDS[known] === dotted)
    if (name) {
      Object.assign(found, { [name]: READERS[name](value) })
      value.finish()
    } else if (critical) found.unknownCritical.push(dotted)
  }
  return found
}
