import { type Header, type ParsedTrustList, type RoleName, roleName, type TrustRecord, type Version } from '@capfkit/codec/tlv'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { parseName } from '../name.ts'
import { digestOf } from './digests.ts'
import { formatListName } from './list-name.ts'
import { isPoint, matchRecords, serverOf } from './match-records.ts'

/** What became of a record: `renewed` is another certificate under the same name, `rewritten` the same one told otherwise. */
export type RecordChangeKind = 'added' | 'removed' | 'renewed' | 'rewritten'

/** One thing that is not as it was, in the words of the print where it is a field. */
export type FieldChange = { readonly what: string; readonly before: string; readonly after: string }

export type RecordChange = {
  readonly kind: RecordChangeKind
  /** Name of the role, or its number where nobody knows it. */
  readonly role: string
  readonly subjectName: string | undefined
  /** Numbers of the records, counted from 1. */
  readonly before: number | undefined
  readonly after: number | undefined
  /** Of a renewed or rewritten record. */
  readonly fields: readonly FieldChange[]
}

/**
 * What it means for phones that a certificate of this role was renewed. From a public deck about certificate management, where
 * CUCM does it by itself; that a record of CCM matters to signalling only is inferred.
 */
export const RENEWAL_EFFECTS: Readonly<Partial<Record<RoleName, string>>> = {
  SAST: 'who has the new list believes lists by this certificate',
  CCM: 'phones without the new list refuse the TLS of this server',
  'CCM+TFTP': 'phones restart to fetch the new list, and ask TVS about configuration files until they have it',
  TFTP: 'phones restart to fetch the new list, and ask TVS about configuration files until they have it',
  CAPF: 'phones restart to fetch the new list; issue the LSCs again',
  TVS: 'phones restart to fetch the new list; until they have it they cannot ask this server',
}

const certificateOf = ({ certificateDer }: TrustRecord): Certificate | undefined => {
  try {
    return certificateDer && parseCertificate(certificateDer)
  } catch {
    return undefined
  }
}

const NONE = 'none'
const hex = (bytes: Buffer | undefined) => bytes?.toString('hex') ?? NONE

/** In the form of CUCM, so that another order or separator is no difference. */
const inOneForm = (name: string): string => {
  try {
    return formatListName(parseName(name))
  } catch {
    return name
  }
}
const dateOf = (record: TrustRecord) => certificateOf(record)?.notAfter.toISOString().slice(0, 10)

/** The facts of a record that may differ, in words; `undefined` where the record does not say. */
const RECORD_FACTS: readonly (readonly [what: string, fact: (record: TrustRecord) => string | undefined])[] = [
  ['serial number', ({ serialNumber }) => hex(serialNumber)],
  ['issuer', ({ issuerName }) => (issuerName === undefined ? NONE : inOneForm(issuerName))],
  ['key', ({ publicKey }) => publicKey && `${isPoint(publicKey) ? 'EC' : 'RSA'} …${hex(publicKey.subarray(-8))}`],
  ['valid until', dateOf],
  ['form', ({ certificateDer, certificateHash }) => (certificateDer ? 'certificate' : certificateHash ? 'hash' : 'address only')],
  ['DNSNAME', record => serverOf(record) ?? NONE],
  ['IPADDRESS', ({ ipAddress }) => ipAddress ?? NONE],
]

const changedFacts = (a: TrustRecord, b: TrustRecord): FieldChange[] =>
  RECORD_FACTS.flatMap(([what, fact]) => {
    const [before, after] = [fact(a), fact(b)]
    return before === undefined || after === undefined || before === after ? [] : [{ what, before, after }]
  })

const roleOf = ({ role }: TrustRecord) => roleName(role) ?? String(role)

const oneSided = (kind: 'added' | 'removed', { index, record }: { index: number; record: TrustRecord }): RecordChange => ({
  kind,
  role: roleOf(record),
  subjectName: record.subjectName,
  before: kind === 'removed' ? index + 1 : undefined,
  after: kind === 'added' ? index + 1 : undefined,
  fields: [],
})

/** What became of the records, whatever their order: those of the new list in its order, then what is gone. */
export const diffRecords = ({ records: before }: ParsedTrustList, { records: after }: ParsedTrustList): RecordChange[] => {
  const matches = matchRecords(before, after)
  const gone = new Set(before.keys())
  const changes = after.flatMap((record, index): RecordChange[] => {
    const match = matches.get(index)
    if (!match) return [oneSided('added', { index, record })]
    gone.delete(match.before)
    const fields = changedFacts(before[match.before]!, record)
    if (match.isSame && fields.length === 0) return []
    const kind = match.isSame ? 'rewritten' : 'renewed'
    return [{ kind, role: roleOf(record), subjectName: record.subjectName, before: match.before + 1, after: index + 1, fields }]
  })
  return [...changes, ...Array.from(gone, index => oneSided('removed', { index, record: before[index]! }))]
}

const versionText = (version: Version | undefined) => (version ? `${version.major}.${version.minor}` : NONE)
const timeText = (seconds: number | undefined) => (seconds === undefined ? NONE : new Date(seconds * 1000).toISOString())

const HEADER_FACTS: readonly (readonly [what: string, fact: (header: Header) => string])[] = [
  ['signer', ({ signer: { name, serialNumber } }) => `${inOneForm(name)}, number ${hex(serialNumber)}`],
  ['digest', ({ signatureInfo: { digest } }) => digestOf(digest) ?? String(digest)],
  ['key of the signer', ({ signature }) => `${signature.length * 8} bits`],
  ['version', ({ version }) => versionText(version)],
  ['signer version', ({ signerVersion }) => versionText(signerVersion)],
  ['FILENAME', ({ fileName }) => fileName ?? NONE],
  ['TIMESTAMP', ({ timestamp }) => timeText(timestamp)],
]

const headersText = ({ headers }: ParsedTrustList) => (headers.length > 1 ? `${headers.length}, a reset list` : '1')

/** What the headers that count say otherwise, and whether one list is the recovery form of another. */
export const diffHeaders = (before: ParsedTrustList, after: ParsedTrustList): FieldChange[] => {
  const facts = HEADER_FACTS.map(([what, fact]) => ({ what, before: fact(before.headers[0]), after: fact(after.headers[0]) }))
  const headers = { what: 'headers', before: headersText(before), after: headersText(after) }
  return [...facts, headers].filter(({ before, after }) => before !== after)
}
