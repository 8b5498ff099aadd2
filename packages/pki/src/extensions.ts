import { isIPv4 } from 'node:net'
import { bitString, boolean, integer, octetString, oid, sequence, tlv } from './der.ts'

/** The extensions that this package reads and writes (RFC 5280 §4.2.1). */
export const EXTENSION_OIDS = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const

/** The bits of KeyUsage, in their order (RFC 5280 §4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

/** Purposes by object identifier (RFC 5280 §4.2.1.12). */
export const EXTENDED_KEY_USAGES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  /** A registration authority that speaks for a CA (RFC 6402 §2.10, RFC 7030 §3.6.1). */
  cmcRegistrationAuthority: '1.3.6.1.5.5.7.3.28',
} as const

export type BasicConstraints = { ca: boolean; pathLength?: number }
export type SubjectAltName = { dns: string[]; uri: string[]; email: string[]; ip: string[] }

export type Extensions = {
  basicConstraints?: BasicConstraints
  keyUsage?: KeyUsage[]
  /** Object identifiers, dotted. */
  extendedKeyUsage?: string[]
  subjectAltName?: SubjectAltName
  subjectKeyId?: Buffer
  authorityKeyId?: Buffer
  /** Critical extensions that nothing here understands: a chain with one of them must be refused (RFC 5280 §4.2). */
  unknownCritical: string[]
}

/** One Extension, DER. */
export const extension = (name: keyof typeof EXTENSION_OIDS, options: { critical?: boolean; value: Buffer }): Buffer =>
  sequence(oid(EXTENSION_OIDS[name]), ...(options.critical ? [boolean(true)] : []), octetString(options.value))

export const encodeBasicConstraints = ({ ca, pathLength }: BasicConstraints): Buffer =>
  sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)]))

export const encodeKeyUsage = (usages: readonly KeyUsage[]): Buffer => {
  const bits = usages.map(usage => KEY_USAGES.indexOf(usage))
  const last = Math.max(...bits)
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1)
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7)
  return bitString(bytes, 7 - (last & 7))
}

export const encodeExtendedKeyUsage = (oids: readonly string[]): Buffer => sequence(...oids.map(oid))

const ipv6Bytes = (address: string): Buffer => {
  const [head = '', tail] = address.split('::')
  const groups = (half: string) => half.split(':').filter(Boolean)
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return Buffer.from([...before, ...zeros, ...after].map(group => group.padStart(4, '0')).join(''), 'hex')
}

/** GeneralNames, DER. Names must be ASCII; addresses as people write them, IPv6 without a dotted tail. */
export const encodeSubjectAltName = ({ dns = [], uri = [], email = [], ip = [] }: Partial<SubjectAltName>): Buffer =>
  sequence(
    ...dns.map(name => tlv(0x82, Buffer.from(name, 'latin1'))),
    ...uri.map(name => tlv(0x86, Buffer.from(name, 'latin1'))),
    ...email.map(name => tlv(0x81, Buffer.from(name, 'latin1'))),
    ...ip.map(address => tlv(0x87, isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address))),
  )

export const encodeSubjectKeyId = (keyId: Buffer): Buffer => octetString(keyId)
export const encodeAuthorityKeyId = (keyId: Buffer): Buffer => sequence(tlv(0x80, keyId))
