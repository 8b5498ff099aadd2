import { el } from '../frame/protocol.ts'
import { bytes, cstring, u8, u8List, u32 } from '../frame/values.ts'
import { markedText } from './values.ts'

/** Every element of TVS [TVS-2.2], in the order of its tag, which is also the canonical order inside a message. */
export const ELEMENTS = {
  DEVICE_NAME: el(1, { key: 'deviceName', codec: markedText, doc: 'who asks, such as `CP-8861-SEP001122334455`' }),
  CERTIFICATE: el(2, { key: 'certificateDer', codec: bytes, doc: 'one certificate, DER' }),
  SUBJECT: el(3, { key: 'subject', codec: cstring, inferred: true, doc: 'subject of a certificate, attributes joined by `;`' }),
  ISSUER: el(4, { key: 'issuer', codec: cstring, inferred: true, doc: 'issuer of a certificate, attributes joined by `;`' }),
  SERIAL: el(5, { key: 'serialNumber', codec: bytes, inferred: true, doc: 'serial number of a certificate' }),
  STATUS: el(7, { key: 'status', codec: u8, doc: '0 valid, 1 invalid' }),
  ROLES: el(8, { key: 'roles', codec: u8List, doc: 'what the certificate may be used for, one role a byte' }),
  TTL: el(9, { key: 'ttlSeconds', codec: u32, doc: 'seconds for which the answer may be kept; 86400 is usual' }),
} as const

export type ElementName = keyof typeof ELEMENTS
export const ELEMENT_NAMES = Object.keys(ELEMENTS) as readonly ElementName[]

/** Values of STATUS [TVS-2.2]. */
export const STATUS = { VALID: 0, INVALID: 1 } as const

/** The number tables by the element that carries them. */
export const NAMED_VALUES: Partial<Record<ElementName, Readonly<Record<string, number>>>> = { STATUS }
