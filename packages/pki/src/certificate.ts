import { TAG } from './der.ts'
import { DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'
import type { Extensions } from './extensions.ts'
import { type DistinguishedName, decodeName } from './name.ts'
import { readExtensions } from './read-extensions.ts'
import { readTime } from './read-time.ts'

/** An X.509 certificate that was taken apart. Buffers are views into `der`. */
export type Certificate = {
  readonly der: Buffer
  readonly subject: DistinguishedName
  readonly issuer: DistinguishedName
  /** Names as they stand in the certificate: issuer and subject are matched by these bytes. */
  readonly subjectDer: Buffer
  readonly issuerDer: Buffer
  /** Content octets of the INTEGER, big-endian. */
  readonly serialNumber: Buffer
  readonly notBefore: Date
  readonly notAfter: Date
  /** SubjectPublicKeyInfo, DER; not looked into: see `readPublicKey`. */
  readonly publicKeyDer: Buffer
  readonly signatureAlgorithmOid: string
  readonly extensions: Extensions
  /** What the signature covers. */
  readonly tbsDer: Buffer
  readonly signature: Buffer
}

/** As large as an element of a CAPF message can be. */
export const MAX_CERTIFICATE_BYTES = 0xffff

/**
 * Takes a DER certificate apart (RFC 5280 §4.1), versions 1 to 3, without checking its signature, dates or key.
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE` on anything malformed, bytes that follow, or more than 65535 bytes.
 */
export const parseCertificate = (der: Buffer): Certificate => reading(der, () => decodeParts(der, readParts(der)))

/**
 * The key that a certificate certifies, SubjectPublicKeyInfo in DER, from its place in the certificate: for somebody who made
 * the key and wants to know nothing else. Names, dates and extensions are passed over.
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE` when the certificate is not put together as one.
 */
export const certifiedKey = (der: Buffer): Buffer => reading(der, () => readParts(der).publicKeyDer)

const reading = <T>(der: Buffer, read: () => T): T => {
  const where = `certificate of ${der.length} bytes`
  if (der.length > MAX_CERTIFICATE_BYTES) throw new PkiError('PKI_BAD_CERTIFICATE', { where })
  try {
    return read()
  } catch (cause) {
    throw new PkiError('PKI_BAD_CERTIFICATE', { where, cause })
  }
}

const readParts = (der: Buffer) => {
  const outer = new DerReader(der, 'certificate')
  const whole = outer.enter(TAG.sequence)
  outer.finish()
  const { raw: tbsDer, content } = whole.next(TAG.sequence)
  const algorithm = whole.next(TAG.sequence)
  const signature = whole.wholeBytes()
  whole.finish()
  return { tbsDer, signature, ...readTbs(new DerReader(content, 'tbsCertificate'), algorithm.raw) }
}

const readTbs = (tbs: DerReader, outerAlgorithm: Buffer) => {
  const version = tbs.optional(0xa0)
  const isV3 = version !== undefined && new DerReader(version.content, 'version').integer()[0] === 2
  const serialNumber = tbs.integer()
  const algorithm = tbs.next(TAG.sequence)
  // Only the inner copy is signed: a different outer one would be an unsigned claim (RFC 5280 §4.1.1.2).
  if (!algorithm.raw.equals(outerAlgorithm)) tbs.fail()
  const issuerDer = tbs.next(TAG.sequence).raw
  const validity = tbs.next(TAG.sequence)
  const subjectDer = tbs.next(TAG.sequence).raw
  const publicKeyDer = tbs.next(TAG.sequence).raw
  tbs.optional(0x81)
  tbs.optional(0x82)
  const extensions = tbs.optional(0xa3)
  tbs.finish()
  if (extensions && !isV3) tbs.fail()
  return { serialNumber, algorithm, issuerDer, validity, subjectDer, publicKeyDer, extensions }
}

const decodeParts = (der: Buffer, parts: ReturnType<typeof readParts>): Certificate => {
  const { tbsDer, signature, serialNumber, algorithm, issuerDer, subjectDer, publicKeyDer, extensions } = parts
  const validity = new DerReader(parts.validity.content, 'validity')
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)]
  validity.finish()
  return {
    der,
    tbsDer,
    signature,
    subject: decodeName(subjectDer),
    issuer: decodeName(issuerDer),
    subjectDer,
    issuerDer,
    serialNumber,
    notBefore,
    notAfter,
    publicKeyDer,
    signatureAlgorithmOid: new DerReader(algorithm.content, 'signature algorithm').oid(),
    extensions: extensions ? readExtensions(onlyList(extensions.content)) : { unknownCritical: [] },
  }
}

const onlyList = (content: Buffer): DerReader => {
  const wrapper = new DerReader(content, 'extensions')
  const list = wrapper.enter(TAG.sequence)
  wrapper.finish()
  return list
}
