export { CapfServer, type CapfServerInit } from './capf-server.ts'
export { newCertificateAndKey, readOrMakeCertificate } from './certificate-file.ts'
export type { Counts } from './counters.ts'
export {
  AUTH_MODES,
  type AuthMode,
  type Device,
  type DeviceChange,
  EC_SIZES,
  type EcBits,
  formatCompletesBy,
  KEY_ORDERS,
  type KeyOrder,
  NEW_DEVICE,
  type NewDevice,
  OPERATIONS,
  type Operation,
  parseCompletesBy,
  RSA_SIZES,
  type RsaBits,
  type StoredCertificate,
} from './device.ts'
export { isAway, SERVER_ERRORS, ServerError, type ServerErrorCode } from './errors.ts'
export { createEmbeddedCa, type EmbeddedCaOptions } from './issuers/embedded-ca.ts'
export {
  type Enrol,
  type EnrolAnswer,
  EnrolError,
  type EnrolFailure,
  type EnrolRequest,
  LIBEST,
  type LibestResult,
  type OnlineCa,
} from './issuers/enrol.ts'
export { type ImportedCertificate, importCertificate } from './issuers/import-certificate.ts'
export { ISSUE_ERRORS, IssueError, type IssueErrorCode } from './issuers/issue-error.ts'
export type { Issue, Issued, IssueRequest } from './issuers/issuer.ts'
export { callsAtOnce } from './issuers/late-answers.ts'
export { capfMetrics } from './metrics.ts'
export { SERVER_OPTIONS, type ServerOptions } from './options.ts'
export { type PhoneRecord, phoneRecordOf, phoneRecords } from './phone-config.ts'
export { type GroupReport, ServerGroup, type ServerGroupInit } from './server-group.ts'
export type { SessionSummary } from './session-context.ts'
export { CERT_STATUSES, OP_STATUS, type OpStatus } from './status.ts'
export type { SqlValue } from './store/columns.ts'
export { MemoryDeviceStore } from './store/memory.ts'
export { isDatabase, openDeviceStore } from './store/open.ts'
export { DATABASE_NOW } from './store/postgres/clock.ts'
export { Connections, databaseOf, type Query, type Row, type Run as RunStatements } from './store/postgres/connections.ts'
export type { DatabaseSchema } from './store/postgres/migrations.ts'
export {
  type KeptRequest,
  REQUEST_STATES,
  type RequestFilter,
  type RequestState,
  type RequestStore,
} from './store/requests.ts'
export { SqliteDeviceStore } from './store/sqlite.ts'
export type { DeviceFilter, DeviceStore, Lease, Outcome } from './store/store.ts'
export { type Trace, type TraceEntry, traceTo } from './trace.ts'
