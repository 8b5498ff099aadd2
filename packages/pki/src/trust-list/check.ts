import {
  type ParsedHeader,
  type ParsedRecord,
  type ParsedTrustList,
  PHONE_LIMIT_BYTES,
  parseTrustList,
  ROLES,
} from '@capfkit/codec/tlv'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { subjectPublicKeyBits } from '../public-key.ts'
import { MAX_SAST_RECORDS } from './build.ts'
import { isUsable, type TrustListFinding } from './findings.ts'
import { checkSignature, isKnownAlgorithm, type KnownSigner, type SignatureCheck, signersOf } from './known-signers.ts'
import { formatListName, listSerial, sameListName } from './list-name.ts'

export type TrustListCheck = {
  readonly list: ParsedTrustList
  /** No finding is a problem. */
  readonly ok: boolean
  readonly findings: readonly TrustListFinding[]
  /** Which record signed, counted from 1; nothing when the signer is not in the list. */
  readonly signedBy: number | undefined
}

export type CheckOptions = {
  /** Who may have signed. Default: whom the list itself names, as `show itl` does; that says nothing of where it came from. */
  signers?: readonly KnownSigner[]
  /** The time that certificates are judged by. Default: dates are not looked at, as phones do. */
  at?: Date
}

/**
 * Everything that can be said of a list: signature, records against their certificates, dates, limits of phones.
 *
 * @throws a TlvError for bytes that are no list.
 */
export const checkTrustList = (bytes: Buffer, { signers, at }: CheckOptions = {}): TrustListCheck => {
  const list = parseTrustList(bytes)
  const { headers, records } = list
  const checked = checkSignature(bytes, headers[0], signers ?? signersOf(records))
  const { verdict, signer } = checked
  const findings: TrustListFinding[] = [...signatureFindings(headers[0], checked)]
  const index = records.findIndex(({ certificateDer }) => certificateDer && signer?.certificateDer.equals(certificateDer))
  const signedBy = verdict === 'valid' && index >= 0 ? index + 1 : undefined
  // Who stands in the list is judged with its record.
  if (verdict === 'valid' && signedBy === undefined) findings.push(...signerFindings(signer!, at))
  for (const [index, record] of records.entries())
    for (const finding of recordFindings(record, at)) findings.push({ ...finding, record: index + 1 })
  findings.push(...limitFindings(bytes, records))
  return { list, ok: isUsable(findings), findings, signedBy }
}

const SIGNATURE_FINDINGS = { 'bad-signature': 'TRUST_BAD_SIGNATURE', 'unknown-signer': 'TRUST_UNKNOWN_SIGNER' } as const

/** What there is to say of a signature that was looked at. */
export const signatureFindings = function* (header: ParsedHeader, { verdict }: SignatureCheck): Generator<TrustListFinding> {
  const detail = header.signer.name
  if (!isKnownAlgorithm(header)) yield { code: 'TRUST_UNKNOWN_ALGORITHM', detail }
  else if (verdict !== 'valid') yield { code: SIGNATURE_FINDINGS[verdict], detail }
}

/** What there is to say of the certificate of somebody who signed. */
export const signerFindings = function* ({ certificateDer }: KnownSigner, at: Date | undefined): Generator<TrustListFinding> {
  const certificate = yield* readCertificate(certificateDer)
  if (certificate) yield* dateFindings(certificate, at)
}

/** The certificate, or a finding and nothing: its key may be in order and the rest not. */
const readCertificate = function* (der: Buffer): Generator<TrustListFinding, Certificate | undefined> {
  try {
    return parseCertificate(der)
  } catch (error) {
    yield { code: 'TRUST_BAD_CERTIFICATE', detail: (error as Error).message }
    return undefined
  }
}

const limitFindings = function* (bytes: Buffer, records: readonly ParsedRecord[]): Generator<TrustListFinding> {
  const count = (role: number) => records.filter(record => record.role === role).length
  if (bytes.length > PHONE_LIMIT_BYTES) yield { code: 'TRUST_LONG', detail: `${bytes.length} bytes` }
  if (count(ROLES.SAST.number) > MAX_SAST_RECORDS) yield { code: 'TRUST_MANY_SAST' }
  if (records.length === 0) yield { code: 'TRUST_EMPTY' }
  else if (count(ROLES.CAPF.number) === 0) yield { code: 'TRUST_NO_CAPF' }
}

const KNOWN_ROLES: readonly number[] = Object.values(ROLES).map(({ number }) => number)

const recordFindings = function* (record: ParsedRecord, at: Date | undefined): Generator<TrustListFinding> {
  if (!KNOWN_ROLES.includes(record.role)) yield { code: 'TRUST_UNKNOWN_ROLE', detail: String(record.role) }
  if (!record.certificateDer) return
  const certificate = yield* readCertificate(record.certificateDer)
  if (!certificate) return
  for (const field of differences(record, certificate)) yield { code: 'TRUST_RECORD_MISMATCH', detail: field }
  yield* dateFindings(certificate, at)
}

/** Phones do not look at dates, but people should. */
const dateFindings = function* ({ notBefore, notAfter }: Certificate, at: Date | undefined): Generator<TrustListFinding> {
  if (at && at > notAfter) yield { code: 'TRUST_CERTIFICATE_EXPIRED', detail: `since ${notAfter.toISOString()}` }
  if (at && at < notBefore) yield { code: 'TRUST_CERTIFICATE_EARLY', detail: `before ${notBefore.toISOString()}` }
}

/** Names of the fields that say something else than the certificate. */
const differences = function* (record: ParsedRecord, certificate: Certificate): Generator<string> {
  const { subjectName, issuerName, serialNumber, publicKey, signature } = record
  if (subjectName !== undefined && !sameListName(subjectName, formatListName(certificate.subject))) yield 'SUBJECTNAME'
  if (issuerName !== undefined && !sameListName(issuerName, formatListName(certificate.issuer))) yield 'ISSUERNAME'
  if (serialNumber && !listSerial(serialNumber).equals(listSerial(certificate.serialNumber))) yield 'SERIALNUMBER'
  if (publicKey && !publicKey.equals(subjectPublicKeyBits(certificate.publicKeyDer))) yield 'PUBLICKEY'
  if (signature && !signature.equals(certificate.signature)) yield 'SIGNATURE'
}
