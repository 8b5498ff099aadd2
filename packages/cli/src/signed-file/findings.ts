import { roleName, type TrustRecord } from '@capfkit/codec/tlv'
import { TRUST_LIST_FINDINGS, type TrustListFinding } from '@capfkit/pki'
import { counted } from '../counted.ts'
import { type Io, note, painter } from '../io.ts'
import { plain } from '../screen-table.ts'

/** `record 3 (TFTP, CN=cucm)`: which record is meant, in words. */
export const recordInWords = (number: number, record: TrustRecord | undefined): string => {
  const role = record && (roleName(record.role) ?? `role ${record.role}`)
  const about = [role, record?.subjectName].filter(word => word !== undefined)
  return plain(`record ${number}${about.length > 0 ? ` (${about.join(', ')})` : ''}`)
}

const sentenceOf = ({ code, record, detail }: TrustListFinding, records: readonly TrustRecord[]): string => {
  const where = record === undefined ? '' : `${recordInWords(record, records[record - 1])}: `
  const which = detail === undefined ? '' : `: ${plain(detail)}`
  return `${where}${TRUST_LIST_FINDINGS[code].sentence}${which} (${code})`
}

const COLOURS = { problem: 'red', warning: 'yellow' } as const

/** A line each, for a screen. */
export const findingLines = (io: Io, findings: readonly TrustListFinding[], records: readonly TrustRecord[] = []): string[] =>
  findings.map(finding => {
    const { severity } = TRUST_LIST_FINDINGS[finding.code]
    return `${painter(io.stdout, io)(COLOURS[severity], severity)}: ${sentenceOf(finding, records)}`
  })

/** What else there is to say of a file whose print says nothing of it: to stderr. */
export const warnOf = (
  io: Io,
  file: string,
  given: { findings: readonly TrustListFinding[]; records?: readonly TrustRecord[] },
) => {
  for (const finding of given.findings) {
    const warning = painter(io.stderr, io)('yellow', 'warning')
    note(io, `${warning}: ${file}: ${sentenceOf(finding, given.records ?? [])}`)
  }
}

/** For `--json`. */
export const findingData = (findings: readonly TrustListFinding[], records: readonly TrustRecord[] = []) =>
  findings.map(finding => ({
    ...finding,
    severity: TRUST_LIST_FINDINGS[finding.code].severity,
    sentence: sentenceOf(finding, records),
  }))

/** `2 problems`, of what was found. */
export const problemsInWords = (findings: readonly TrustListFinding[]): string =>
  counted(findings.filter(({ code }) => TRUST_LIST_FINDINGS[code].severity === 'problem').length, 'problem')
