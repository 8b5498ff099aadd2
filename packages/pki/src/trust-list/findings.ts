/** What can be wrong with a signed file. A `problem` means that it should not be used; a `warning` that phones may not like it. */
export const TRUST_LIST_FINDINGS = {
  TRUST_BAD_SIGNATURE: {
    severity: 'problem',
    sentence: 'the signature does not fit the file: it was changed, or signed by another key',
  },
  TRUST_UNKNOWN_SIGNER: { severity: 'problem', sentence: 'the file names a signer that is not known' },
  TRUST_UNKNOWN_ALGORITHM: { severity: 'problem', sentence: 'the file is signed in a way that nobody knows' },
  TRUST_BAD_CERTIFICATE: { severity: 'problem', sentence: 'the certificate cannot be read' },
  TRUST_RECORD_MISMATCH: { severity: 'problem', sentence: 'the record says something else than its certificate' },
  TRUST_CERTIFICATE_EXPIRED: { severity: 'problem', sentence: 'the certificate has expired' },
  TRUST_CERTIFICATE_EARLY: { severity: 'problem', sentence: 'the certificate is not valid yet' },
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
  TRUST_OTHER_NAME: { severity: 'warning', sentence: 'the file was signed under another name than it has' },
} as const satisfies Record<string, { severity: 'problem' | 'warning'; sentence: string }>

export type TrustListFindingCode = keyof typeof TRUST_LIST_FINDINGS

/** `record` counts from 1, as `show itl` does; a finding about the whole file has none. */
export type TrustListFinding = { readonly code: TrustListFindingCode; readonly record?: number; readonly detail?: string }

/** Whether a file with these findings may be used. */
export const isUsable = (findings: readonly TrustListFinding[]): boolean =>
  findings.every(({ code }) => TRUST_LIST_FINDINGS[code].severity === 'warning')
