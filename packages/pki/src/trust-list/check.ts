import { type ParsedRecord, type ParsedTrustList, PHONE_LIMIT_BYTES, parseTrustList, ROLES } from '@capfkit/codec/tlv'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { subjectPublicKeyBits } from '../public-key.ts'
import { MAX_SAST_RECORDS } from './build.ts'
import { checkSignature, type KnownSigner, signersOf } from './known-signers.ts'
import { formatListName, listSerial, sameListName } from './list-name.ts'

/** What can be wrong with a list. A `problem` means that it should not be used; a `warning` that phones may not like it. */
export const TRUST_LIST_FINDINGS = {
  TRUST_BAD_SIGNATURE: {
    severity: 'problem',
    sentence: 'the signature does not fit the file: it was changed, or signed by another key',
  },
  TRUST_UNKNOWN_SIGNER: { severity: 'problem', sentence: 'the file names a signer that is not known' },
  TRUST_UNKNOWN_ALGORITHM: { severity: 'problem', sentence: 'the file is signed in a way that nobody knows' },
  TRUST_BAD_CERTIFICATE: { severity: 'problem', sentence: 'the certificate of this record cannot be read' },
  TRUST_RECORD_MISMATCH: { severity: 'problem', sentence: 'the record says something else than its certificate' },
  TRUST_CERTIFICATE_EXPIRED: { severity: 'problem', sentence: 'the certificate of this record has expired' },
  TRUST_CERTIFICATE_EARLY: { severity: 'problem', sentence: 'the certificate of this record is not valid yet' },
  TRUST_LONG: { severity: 'warning', sentence: 'the file is longer than 64 KB: phones fail on it; remove certificates' },
  TRUST_MANY_SAST: { severity: 'warning', sentence: 'there are more than two SAST records: phones look at the first two only' },
  TRUST_EMPTY: {
    severity: 'warning',
    sentence: 'there are no records: phones that take this list trust nobody, as before a rollback to pre-8.0',
  },
  TRUST_NO_CAPF: {
    severity: 'warning',
    sentence: 'there is no CAPF record: phones say "No valid CAPF server"; activate CAPF and restart TFTP',
  },
  TRUST_UNKNOWN_ROLE: { severity: 'warning', sentence: 'nobody knows the role of this record' },
} as const satisfies Record<string, { severity: 'problem' | 'warning'; sentence: string }>

export type TrustListFindingCode = keyof typeof TRUST_LIST_FINDINGS

/** `record` counts from 1, as `show itl` does. */
export type TrustListFinding = { readonly code: TrustListFindingCode; readonly record?: number; readonly detail?: string }

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

const SIGNATURE_FINDINGS = { 'bad-signature': 'TRUST_BAD_SIGNATURE', 'unknown-signer': 'TRUST_UNKNOWN_SIGNER' } as const

/**
 * Everything that can be said of a list: signature, records against their certificates, dates, limits of phones.
 *
 * @throws a TlvError for bytes that are no list.
 */
export const checkTrustList = (bytes: Buffer, { signers, at }: CheckOptions = {}): TrustListCheck => {
  const list = parseTrustList(bytes)
  const { headers, records } = list
  const { verdict, signer } = checkSignature(bytes, headers[0], signers ?? signersOf(records))
  const findings: TrustListFinding[] = []
  if (verdict !== 'valid') findings.push({ code: SIGNATURE_FINDINGS[verdict], detail: headers[0].signer.name })
  for (const [index, record] of records.entries())
    for (const finding of recordFindings(record, at)) findings.push({ ...finding, record: index + 1 })
  findings.push(...limitFindings(bytes, records))
  const ok = findings.every(({ code }) => TRUST_LIST_FINDINGS[code].severity === 'warning')
  const signedBy = records.findIndex(({ certificateDer }) => certificateDer && signer?.certificateDer.equals(certificateDer))
  return { list, ok, findings, signedBy: verdict === 'valid' && signedBy >= 0 ? signedBy + 1 : undefined }
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
  let certificate: Certificate
  try {
    certificate = parseCertificate(record.certificateDer)
  } catch (error) {
    yield { code: 'TRUST_BAD_CERTIFICATE', detail: (error as Error).message }
    return
  }
  for (const field of differences(record, certificate)) yield { code: 'TRUST_RECORD_MISMATCH', detail: field }
  if (at && at > certificate.notAfter)
    yield { code: 'TRUST_CERTIFICATE_EXPIRED', detail: `since ${certificate.notAfter.toISOString()}` }
  if (at && at < certificate.notBefore)
    yield { code: 'TRUST_CERTIFICATE_EARLY', detail: `before ${certificate.notBefore.toISOString()}` }
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
