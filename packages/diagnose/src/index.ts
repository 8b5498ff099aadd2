export {
  type DiagnosedSource,
  type DiagnoseOptions,
  type Diagnosis,
  diagnose,
  type EvidenceLine,
  type Finding,
  type TimelineEntry,
} from './diagnose.ts'
export { FINDINGS, type FindingName, type FindingRow, SEVERITIES, type Severity } from './findings/index.ts'
export { type InputFile, inputFile, inputFiles } from './input/input-file.ts'
export type { LeftOut } from './input/plain-bytes.ts'
export { formatOffset } from './moment.ts'
export { formatHtml } from './report/html.ts'
export { formatJson } from './report/json.ts'
