import {
  CERTIFICATE_TYPE,
  type CertificateValue,
  DIGEST_TYPE,
  ELEMENTS,
  type ElementName,
  type HashedSignature,
  NAMED_VALUES,
  type SudiValue,
} from '@capfkit/codec/capf'
import { formatKeySpec, formatName, parseCertificate, publicKeySpec } from '@capfkit/pki'
import type { RawElement } from './frames.ts'

/** A value in words for people, and as data for `--json`. */
export type ShownValue = { readonly text: string; readonly more?: readonly string[]; readonly data: unknown }

const MAX_HEX_BYTES = 24

const nameIn = (table: Readonly<Record<string, number>> | undefined, value: number) =>
  Object.entries(table ?? {}).find(([, number]) => number === value)?.[0]

const showBytes = (bytes: Buffer): ShownValue => {
  const more = bytes.length > MAX_HEX_BYTES ? `… (${bytes.length} bytes)` : ''
  return {
    text: bytes.length === 0 ? 'empty' : bytes.subarray(0, MAX_HEX_BYTES).toString('hex') + more,
    data: bytes.toString('hex'),
  }
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const showCertificate = (der: Buffer): ShownValue => {
  const certificate = attempt(() => parseCertificate(der))
  if (!certificate) return { text: `${der.length} bytes that are not a certificate`, data: { der: der.toString('base64') } }
  const { subject, issuer, serialNumber, notBefore, notAfter, publicKeyDer } = certificate
  const key = attempt(() => formatKeySpec(publicKeySpec(publicKeyDer))) ?? 'a key that CAPF does not know'
  const data = {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serial: serialNumber.toString('hex'),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    key,
    der: der.toString('base64'),
  }
  const days = `${data.notBefore.slice(0, 10)} to ${data.notAfter.slice(0, 10)}`
  return { text: data.subject, more: [`issued by ${data.issuer}`, `${key}, ${days}`, `serial ${data.serial}`], data }
}

const showPublicKey = (der: Buffer): ShownValue => {
  const spec = attempt(() => formatKeySpec(publicKeySpec(der)))
  return {
    text: spec ?? `${der.length} bytes that are not a key that CAPF knows`,
    data: { key: spec, der: der.toString('base64') },
  }
}

const ofCertificate = ({ certificateType, certificateDer }: CertificateValue): ShownValue => {
  const type = nameIn(CERTIFICATE_TYPE, certificateType) ?? `type ${certificateType}`
  const { text, data, ...rest } = showCertificate(certificateDer)
  return { ...rest, text: `${type} ${text}`, data: { certificateType, type, ...(data as object) } }
}

const ofSudi = ({ certificateDer, sha1Signature, sha512Signature }: SudiValue): ShownValue => {
  const { text, more = [], data } = showCertificate(certificateDer)
  const signatures = [sha1Signature ? 'SHA-1' : '', sha512Signature ? 'SHA-512' : ''].filter(name => name !== '')
  return {
    text,
    more: [...more, `signatures: ${signatures.join(', ') || 'none'}`],
    data: { certificate: data, sha1Signature: sha1Signature?.toString('hex'), sha512Signature: sha512Signature?.toString('hex') },
  }
}

const ofSignature = ({ digestType, signature }: HashedSignature): ShownValue => ({
  text: `${nameIn(DIGEST_TYPE, digestType) ?? `digest ${digestType}`}, signature of ${signature.length} bytes`,
  data: { digestType, signature: signature.toString('hex') },
})

/** Elements whose value is more than a number, a text or bytes. */
const SHOWN: { readonly [E in ElementName]?: (value: never) => ShownValue } = {
  CERTIFICATE: ofCertificate,
  SUDI_DATA: ofSudi,
  SHA2_SIGNED_DATA: ofSignature,
  PUBLIC_KEY: showPublicKey,
  KEY_SIZE: (bits: number) => ({ text: `${bits} bits`, data: bits }),
  RETRY_DELAY: (seconds: number) => ({ text: `${seconds} s`, data: seconds }),
}

const showPlain = (element: ElementName, value: unknown): ShownValue => {
  if (Buffer.isBuffer(value)) return showBytes(value)
  if (typeof value !== 'number') return { text: JSON.stringify(value), data: value }
  const name = nameIn(NAMED_VALUES[element], value)
  return name === undefined ? { text: String(value), data: value } : { text: `${value} ${name}`, data: { number: value, name } }
}

/** The value of an element; what its codec refuses is shown as bytes, except a password, which is never shown unasked. */
export const showValue = (
  frame: Buffer,
  { element, raw, showSecrets }: { element: ElementName | undefined; raw: RawElement; showSecrets: boolean },
): ShownValue => {
  const bytes = frame.subarray(raw.start, raw.end)
  if (element === undefined) return showBytes(bytes)
  if (element === 'PASSWORD' && !showSecrets) return { text: '[secret]', data: '[secret]' }
  const { codec } = ELEMENTS[element]
  const value: unknown = attempt(() => codec.read({ frame, start: raw.start, end: raw.end, where: element }))
  if (value === undefined) return showBytes(bytes)
  return SHOWN[element]?.(value as never) ?? showPlain(element, value)
}
