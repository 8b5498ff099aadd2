export const SEVERITIES = ['error', 'warning', 'info'] as const

/** `error`: a phone has no certificate that it should have, or soon will not. `warning`: it may come to that. `info`: good to know. */
export type Severity = (typeof SEVERITIES)[number]

/** What is said of a finding, whichever phone and file it was seen in. */
export type FindingRow = {
  readonly severity: Severity
  /** What has happened, and why that looks as it does. */
  readonly explanation: string
  /** What to do about it. */
  readonly cure: string
  /** What would make it certain, in the words of the commands and pages that give it. */
  readonly collectNext: readonly string[]
}
