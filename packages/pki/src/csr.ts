import { type CsrAttribute, encodeAttribute, readAttribute } from './csr-attributes.ts'
import { bitString, contextTag, integer, sequence, set, TAG } from './der.ts'
import { DerReader } from './der-reader.ts'
import { PkiError } from './errors.ts'
import type { KeySpec } from './key-spec.ts'
import type { KeyPair } from './keys.ts'
import { type DistinguishedName, decodeName, encodeName } from './name.ts'
import { readPublicKey } from './public-key.ts'
import { type Digest, defaultDigest, signatureAlgorithmDer, signData, verifyData } from './signature-algorithm.ts'

type CsrContent = { subject: DistinguishedName; publicKeyDer: Buffer; attributes?: readonly CsrAttribute[] }

export type CertificateRequest = {
  readonly der: Buffer
  readonly subject: DistinguishedName
  readonly subjectDer: Buffer
  readonly publicKeyDer: Buffer
  readonly attributes: readonly CsrAttribute[]
  /** CertificationRequestInfo: what the signature covers. */
  readonly infoDer: Buffer
  readonly signatureAlgorithmOid: string
  readonly signature: Buffer
  /** Proof of possession: whether the signature was made with the private half of `publicKeyDer`. */
  verify(): boolean
}

/** CertificationRequestInfo, DER (RFC 2986 §4.1): what remains is its signature, which may be made elsewhere [CAPF-3.7]. */
export const buildCsrToBeSigned = ({ subject, publicKeyDer, attributes = [] }: CsrContent): Buffer =>
  sequence(integer(0), encodeName(subject), publicKeyDer, attributesField(attributes))

/** `[0] IMPLICIT SET OF Attribute`: the tag stands in the place of that of the SET. */
const attributesField = (attributes: readonly CsrAttribute[]): Buffer => {
  const field = set(...attributes.map(encodeAttribute))
  field[0] = contextTag(0)
  return field
}

/** CertificationRequest, DER (RFC 2986 §4.2), from the two halves. `digest` is what was signed; the default fits the key. */
export const assembleCsr = (options: { infoDer: Buffer; signature: Buffer; spec: KeySpec; digest?: Digest }): Buffer => {
  const { infoDer, signature, spec, digest = defaultDigest(spec) } = options
  return sequence(infoDer, signatureAlgorithmDer({ spec, digest }), bitString(signature))
}

/** PKCS#10, DER. @throws {PkiError} `PKI_BAD_NAME` */
export const buildCsr = async (options: {
  subject: DistinguishedName
  keyPair: KeyPair
  digest?: Digest
  attributes?: readonly CsrAttribute[]
}): Promise<Buffer> => {
  const { subject, keyPair, attributes = [] } = options
  const { spec, privateKey, publicKeyDer } = keyPair
  const digest = options.digest ?? defaultDigest(spec)
  const infoDer = buildCsrToBeSigned({ subject, publicKeyDer, attributes })
  return assembleCsr({ infoDer, signature: await signData({ data: infoDer, digest, privateKey }), spec, digest })
}

/** Takes a PKCS#10 apart without checking its signature. @throws {PkiError} `PKI_BAD_CSR` */
export const parseCsr = (der: Buffer): CertificateRequest => {
  try {
    return readCsr(der)
  } catch (cause) {
    throw new PkiError('PKI_BAD_CSR', { where: `request of ${der.length} bytes`, cause })
  }
}

const readCsr = (der: Buffer): CertificateRequest => {
  const outer = new DerReader(der, 'request')
  const whole = outer.enter(TAG.sequence)
  outer.finish()
  const { raw: infoDer, content } = whole.next(TAG.sequence)
  const signatureAlgorithmOid = whole.enter(TAG.sequence).oid()
  const signature = whole.wholeBytes()
  whole.finish()
  const info = new DerReader(content, 'request')
  if (!info.integer().equals(Buffer.of(0))) info.fail()
  const subjectDer = info.next(TAG.sequence).raw
  const publicKeyDer = info.next(TAG.sequence).raw
  const attributes = info.peek() === contextTag(0) ? readAttributes(info.enter(contextTag(0))) : []
  info.finish()
  const verify = () => isSelfVerified({ data: infoDer, signature, algorithmOid: signatureAlgorithmOid, publicKeyDer })
  return {
    der,
    subject: decodeName(subjectDer),
    subjectDer,
    publicKeyDer,
    attributes,
    infoDer,
    signatureAlgorithmOid,
    signature,
    verify,
  }
}

const readAttributes = (reader: DerReader): CsrAttribute[] => {
  const attributes: CsrAttribute[] = []
  while (!reader.done) attributes.push(readAttribute(reader))
  return attributes
}

const isSelfVerified = (options: { data: Buffer; signature: Buffer; algorithmOid: string; publicKeyDer: Buffer }): boolean => {
  try {
    return verifyData({ ...options, key: readPublicKey(options.publicKeyDer).key })
  } catch {
    return false
  }
}
