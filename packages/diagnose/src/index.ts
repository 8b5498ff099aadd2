export { FINDINGS, type FindingName, type FindingRow, SEVERITIES, type Severity } from './findings/index.ts'
