import { CERTIFICATE_TYPE, type CertificateValue, DIGEST_TYPE, type HashedSignature, type SudiValue } from '@capfkit/codec/capf'
import { roleName } from '@capfkit/codec/tvs'
import { formatKeySpec, formatName, parseCertificate, publicKeySpec } from '@capfkit/pki'
import type { RawElement } from './frames.ts'
import type { FrameProtocol } from './protocols.ts'

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

const ofRoles = (roles: readonly number[]): ShownValue => ({
  text: roles.map(role => `${role} ${roleName(role) ?? 'unknown role'}`).join(', ') || 'none',
  data: roles.map(number => ({ number, name: roleName(number) })),
})

const seconds = (value: number): ShownValue => ({ text: `${value} s`, data: value })

/** Values that are more than a number, a text or bytes, by the name of their key in a message. */
const SHOWN: Readonly<Record<string, (value: never) => ShownValue>> = {
  certificate: ofCertificate,
  certificateDer: showCertificate,
  sudi: ofSudi,
  sha2SignedData: ofSignature,
  publicKeyDer: showPublicKey,
  keySizeBits: (bits: number) => ({ text: `${bits} bits`, data: bits }),
  retryDelaySeconds: seconds,
  ttlSeconds: seconds,
  roles: ofRoles,
}

const showPlain = (value: unknown, names: Readonly<Record<string, number>> | undefined): ShownValue => {
  if (Buffer.isBuffer(value)) return showBytes(value)
  if (typeof value !== 'number') return { text: JSON.stringify(value), data: value }
  const name = nameIn(names, value)
  return name === undefined ? { text: String(value), data: value } : { text: `${value} ${name}`, data: { number: value, name } }
}

type Shown = { protocol: FrameProtocol; element: string | undefined; raw: RawElement; showSecrets: boolean }

/** The value of an element; what its codec refuses is shown as bytes, except a password, which is never shown unasked. */
export const showValue = (frame: Buffer, { protocol, element, raw, showSecrets }: Shown): ShownValue => {
  const bytes = frame.subarray(raw.start, raw.end)
  const row = element === undefined ? undefined : protocol.elements[element]
  if (element === undefined || !row) return showBytes(bytes)
  if (element === 'PASSWORD' && !showSecrets) return { text: '[secret]', data: '[secret]' }
  const value: unknown = attempt(() => row.codec.read({ frame, start: raw.start, end: raw.end, where: element }))
  if (value === undefined) return showBytes(bytes)
  return SHOWN[row.key]?.(value as never) ?? showPlain(value, protocol.namedValues[element])
}
